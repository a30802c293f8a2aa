import { execFileSync } from 'node:child_process';
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

const [yaml, json] = [
  'controller: { source: { url: "https://a" } }\n',
  '{"controller": {"source": {"url": "https://a"}}}',
];

for (const [file, text] of [
  ['fleet.config.yaml', yaml],
  ['fleet.config.yml', yaml],
  ['fleet.config.json', json],
] as const) {
  test(`${file} is found in the working directory; flags win over variables, variables over it`, async (t) => {
    const directory = directoryWith(t, file, text);
    const load = async (environment: Record<string, string>, flags: Record<string, string>) =>
      (await loadConfiguration('controller', { directory, environment, flags })).value.source.url;
    const variable = { FLEET_CONTROLLER_SOURCE_URL: 'https://b' };
    t.is(await load({}, {}), 'https://a');
    t.is(await load(variable, {}), 'https://b');
    t.is(await load(variable, { 'source.url': 'https://c' }), 'https://c');
  });
}

test('nothing above the working directory is read, and nothing in it by the command line', async (t) => {
  const top = directoryWith(t, 'fleet.config.yaml', 'cli: { controller: https://evil:1 }\nagent: { device: evil }\n');
  const below = join(top, 'a');
  mkdirSync(below);
  const environment = { HOME: join(top, 'home') };
  const cli = await loadConfiguration('cli', { directory: top, environment });
  t.is(cli.value.controller, undefined);
  t.is(cli.file, undefined);
  await t.throwsAsync(loadConfiguration('agent', { directory: below, environment }), { message: /device is missing/ });
});

test("the command line reads the user's own file, or the one that is named", async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'fleet-configuration-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const write = (directory: string, port: number): string => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'fleet.config.yaml'), `cli: { controller: "https://a:${port}" }\n`);
    return join(directory, 'fleet.config.yaml');
  };
  write(join(home, '.config/fleet'), 1);
  write(join(home, 'xdg/fleet'), 2);
  const named = write(join(home, 'named'), 3);
  const load = async (environment: Record<string, string>, file?: string) =>
    (await loadConfiguration('cli', { directory: home, environment, file })).value.controller;
  t.is(await load({ HOME: home }), 'https://a:1');
  t.is(await load({ HOME: home, XDG_CONFIG_HOME: join(home, 'xdg') }), 'https://a:2');
  t.is(await load({ HOME: home, FLEET_CONFIG: named }), 'https://a:3');
  t.is(await load({ HOME: home, FLEET_CONFIG: '/nowhere' }, named), 'https://a:3');
  await t.throwsAsync(load({ FLEET_CONFIG: '/nowhere' }), { message: '/nowhere is not there' });
});

test('a pipe, a directory and a file without end are told, not waited for', async (t) => {
  const directory = directoryWith(t, 'other', '');
  execFileSync('mkfifo', [join(directory, 'fleet.config.yaml')]);
  const load = (file?: string) => loadConfiguration('controller', { directory, environment: {}, file });
  await t.throwsAsync(load(), { message: /fleet\.config\.yaml is not a regular file/ });
  await t.throwsAsync(load('/dev/zero'), { message: '/dev/zero is not a regular file' });
  await t.throwsAsync(load(directory), { message: /is not a regular file/ });
});

test('a program in the place of a configuration is refused and not run', async (t) => {
  for (const file of ['fleet.config.ts', 'fleet.config.js', 'fleet.config.mjs', 'fleet.config.cjs']) {
    const directory = directoryWith(t, file, 'globalThis.ran = true; export default {};\n');
    for (const named of [undefined, join(directory, file)]) {
      const loading = loadConfiguration('controller', { directory, environment: {}, file: named });
      const { message } = await t.throwsAsync(loading);
      t.is(message, `${join(directory, file)}: configuration is data, not a program; write it as YAML or JSON`);
    }
  }
  t.false('ran' in globalThis);
});

test('a misspelt variable is told with the one that may be meant, and what others set is left alone', async (t) => {
  const environment = {
    FLEET_CONTROLER_HTTP_PORT: '1',
    FLEET_CLI_TOKN: 'secret',
    FLEET_CLI_CONTROLLER: 'https://a:1',
    FLEET_CONTROLLER_SERVICE_HOST: '10.0.0.1',
    FLEET_CONTROLLER_PORT_7443_TCP_ADDR: '10.0.0.1',
    FLEET_CONTROLLER_PORT: 'tcp://10.0.0.1:7443',
    FLEET_DEBUG: '1',
    FLEET_LOG_LEVEL: 'info',
    FLEETING: '1',
    FLEET_OF_SOMEBODY_ELSE: '1',
  };
  const { warnings } = await loadConfiguration('cli', { directory: '/', environment });
  t.deepEqual(warnings, [
    'the variable FLEET_CONTROLER_HTTP_PORT means nothing; did you mean FLEET_CONTROLLER_HTTP_PORT?',
    'the variable FLEET_CLI_TOKN means nothing; did you mean FLEET_CLI_TOKEN?',
  ]);
});

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

test('a file that holds nothing is the one that was found', async (t) => {
  const directory = directoryWith(t, 'fleet.config.yaml', '');
  const { file } = await loadConfiguration('controller', {
    ...{ directory, environment: {}, flags: { 'source.url': 'https://a' } },
  });
  t.is(file, join(directory, 'fleet.config.yaml'));
});

test('a key of the section is a flag, also as --set', (t) => {
  const { flags, file, unknown } = parseProgramArguments([
    ...['--http.port', '1', '--source.url=.', '--set', 'http.host=::1', '--config', 'a.yaml'],
    ...['--set', 'nothing', 'x'],
  ]);
  t.deepEqual(flags, { 'http.port': '1', 'source.url': '.', 'http.host': '::1' });
  t.is(file, 'a.yaml');
  t.deepEqual(unknown, ['--set nothing', 'x']);
});

test('an item of a list that is wrong is told with its own line, and with what it must be', async (t) => {
  const text = [
    'agent:',
    '  device: anna',
    '  controller: https://shore',
    '  mqtt: { host: shore }',
    '  ca: ca.pem',
    '  trustRoot: root.json',
    '  neighbours:',
    '    known:',
    '      - bella:7450',
    '      - carl:65536',
    '',
  ].join('\n');
  const directory = directoryWith(t, 'fleet.config.yaml', text);
  await t.throwsAsync(loadConfiguration('agent', { directory, environment: {} }), {
    message: `${directory}/fleet.config.yaml:10:9: agent.neighbours.known.1 is not what it must be: "carl:65536" (HOST:PORT with a port from 1 to 65535; an IPv6 address is in brackets)`,
  });
  for (const gateway of ['carl:65536', 'http://proxy:0', 'https://proxy:3128', 'proxy', '[fe80::1%eth0]:1'])
    await t.throwsAsync(
      loadConfiguration('agent', { directory, environment: {}, flags: { 'neighbours.gateways': gateway } }),
      undefined,
      gateway,
    );
  for (const name of ['anna?', 'anna#x', 'an\\na', 'fe80::1%eth0', 'anna%41', ''])
    await t.throwsAsync(
      loadConfiguration('agent', { directory, environment: {}, flags: { 'neighbours.known': `${name}:7450` } }),
      { message: /known\.0 is not what it must be/ },
      name,
    );
  for (const port of ['0', '65536', '99999', '07450'])
    await t.throwsAsync(
      loadConfiguration('agent', { directory, environment: {}, flags: { 'neighbours.known': `anna:${port}` } }),
      { message: /known\.0 is not what it must be/ },
      port,
    );
  const flags = { 'neighbours.known': 'anna:65535,[fe80::1]:1' };
  writeFileSync(join(directory, 'fleet.config.yaml'), text.replace('65536', '65535'));
  const right = await loadConfiguration('agent', { directory, environment: {}, flags });
  t.deepEqual(right.value.neighbours?.known, ['anna:65535', '[fe80::1]:1']);
});
