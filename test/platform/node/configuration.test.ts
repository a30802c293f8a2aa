import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConfiguration } from '../../../platform/node/configuration.ts';
import { parseProgramArguments } from '../../../platform/node/program-arguments.ts';

function directoryWith(t: ExecutionContext, file: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-configuration-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, file), text);
  return directory;
}

for (const [file, text] of [
  ['fleet.config.yaml', 'cli: { controller: https://a:1 }\n'],
  ['fleet.config.json', '{"cli": {"controller": "https://a:1"}}'],
  ['fleet.config.ts', 'export default { cli: { controller: "https://a:1" as string } };\n'],
] as const) {
  test(`${file} is found from a directory below, and flags win over variables, variables over it`, async (t) => {
    const top = directoryWith(t, file, text);
    const directory = join(top, 'a/b');
    mkdirSync(directory, { recursive: true });
    const load = async (environment: Record<string, string>, flags: Record<string, string>) =>
      (await loadConfiguration('cli', { directory, environment, flags })).value.controller;
    const variable = { FLEET_CLI_CONTROLLER: 'https://b:2' };
    t.is(await load({}, {}), 'https://a:1');
    t.is(await load(variable, {}), 'https://b:2');
    t.is(await load(variable, { controller: 'https://c:3' }), 'https://c:3');
  });
}

test('a fault of the file is told with line and column, one of a variable with its name', async (t) => {
  const directory = directoryWith(t, 'fleet.config.yaml', 'controller:\n  source: {ulr: .}\n  http:\n    port: x\n');
  const environment = { FLEET_CONTROLLER_MQTT_PORT: 'y' };
  const { message } = await t.throwsAsync(loadConfiguration('controller', { directory, environment }));
  const file = join(directory, 'fleet.config.yaml');
  t.deepEqual(message.split('\n').toSorted(), [
    `${file}:2:12: controller.source.ulr: there is no such key; did you mean "url"?`,
    `${file}:2:3: controller.source.url is missing (An http(s) git remote, or the path of a local repository, opened in place); write it, or set FLEET_CONTROLLER_SOURCE_URL`,
    `${file}:4:5: controller.http.port must be a whole number, not "x"`,
    'FLEET_CONTROLLER_MQTT_PORT: controller.mqtt.port must be a whole number, not "y"',
  ]);
});

for (const [text, told] of [
  ['export default { cli: {', /: .*Expected/],
  ['throw new Error("no disk");', /: no disk$/],
  ['export default () => ({});', /: the file must be a mapping, not a function$/],
  ['export default { cli: { controller: 7n } };', /: cli\.controller must be text, not a bigint$/],
] as const) {
  test(`a program that is no configuration is told with its file: ${text}`, async (t) => {
    const directory = directoryWith(t, 'fleet.config.ts', text);
    const { message } = await t.throwsAsync(loadConfiguration('cli', { directory, environment: {} }));
    t.true(message.startsWith(join(directory, 'fleet.config.ts')), message);
    t.regex(message, told);
  });
}

for (const [file, text] of [
  ['fleet.config.yaml', ''],
  ['fleet.config.ts', 'export const cli = {};\n'],
] as const) {
  test(`${file} that holds nothing is the one that was found`, async (t) => {
    const directory = directoryWith(t, file, text);
    t.is((await loadConfiguration('cli', { directory, environment: {} })).file, join(directory, file));
  });
}

test('a key of the section is a flag, also as --set', (t) => {
  const { flags, file, unknown } = parseProgramArguments([
    ...['--http.port', '1', '--source.url=.', '--set', 'http.host=::1', '--config', 'a.yaml'],
    ...['--set', 'nothing', 'x'],
  ]);
  t.deepEqual(flags, { 'http.port': '1', 'source.url': '.', 'http.host': '::1' });
  t.is(file, 'a.yaml');
  t.deepEqual(unknown, ['--set nothing', 'x']);
});
