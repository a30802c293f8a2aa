/** The applications of the engine room on one device, each from its own source language, together as their manifests say. */
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { deployedApplication } from '../../cli/deployed-application.ts';
import { type RunnableApplication, runnable } from '../../device-agent/runtime/app-runtime.ts';
import { freePort } from '../../platform/node/free-port.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { openRuntime } from '../device-agent/runtime/applications.ts';
import { eventually } from '../end-to-end/processes.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const example = join(root, 'fleet-examples/engine-room');
const door = { file: join(root, 'device-agent/runtime/http/main.ts'), host: '127.0.0.1' };
const generousMs = 60_000;

/** The modules of the example, and where they lie by digest. */
function builtModules() {
  const paths = new Map<string, string>();
  const modules = globSync(join(example, 'apps/*/*.wasm')).map((path) => {
    const [, name, version] = /([a-z-]+)-([\d.]+)\.wasm$/.exec(path)!;
    const bytes = readFileSync(path);
    const sha256 = sha256Hex(bytes);
    paths.set(sha256, path);
    return { name: name!, version: version!, sha256, length: bytes.length };
  });
  return { modules, pathOf: (sha256: string): string => paths.get(sha256)! };
}

/** The application as its manifest has it, with `edit` made in it. */
function application(name: string, edit: (text: string) => string = (text) => text): RunnableApplication {
  const { modules, pathOf } = builtModules();
  const path = join(example, 'applications', `${name}.yaml`);
  const bytes = new TextEncoder().encode(edit(readFileSync(path, 'utf8')));
  return runnable(deployedApplication({ path, bytes }, modules, {}), pathOf);
}

function applications(): RunnableApplication[] {
  return readdirSync(join(example, 'applications')).map((file) => application(basename(file, '.yaml')));
}

test('a scheduled reading goes by a kept mean, that its next release takes over, and linked thresholds to the shore; an entry in the log book too', async (t) => {
  const port = await freePort();
  const { runtime, directory } = openRuntime(t, { door: { ...door, port } });
  const kept = join(directory, 'applications/pressure-gauge/kv');
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, 'last.value'), '9.00');
  const first = applications();
  await runtime.apply(first);

  const outbox = (application: string, channel: string): string => {
    const files = join(directory, 'outbox', application, channel);
    const [segment] = existsSync(files) ? readdirSync(files).filter((name) => name.endsWith('.seg')) : [];
    return segment === undefined ? '' : readFileSync(join(files, segment), 'utf8');
  };
  const ask = (init: RequestInit): Promise<Response | undefined> =>
    fetch(`http://127.0.0.1:${port}/logbook`, init).catch(() => undefined);
  const added = await eventually('an entry', generousMs, async () => {
    const answer = await ask({ method: 'POST', body: 'oil changed' });
    return answer?.status === 201 ? answer : undefined;
  });
  t.is(await added.text(), 'oil changed\n');
  t.is(await (await ask({}))!.text(), 'oil changed\n');
  t.is((await ask({ method: 'POST', body: 'two\nlines' }))!.status, 400);
  t.true(outbox('logbook', 'entries').includes('oil changed'));

  const handled = (name: string) => runtime.states().find((one) => one.name === name)?.events?.handled;
  await eventually('the alarm is handled', generousMs, () => handled('pressure-alarm'));
  t.regex(outbox('pressure-alarm', 'alarms'), /\{"severity":2,"bar":\d\.\d+,"mean":\d\.\d+\}/);
  const states = runtime.states();
  t.true(Number(states.find(({ name }) => name === 'pressure-alarm')!.facts!.pressure!.value) > 6.5);
  t.deepEqual(
    states.filter(({ state, events }) => state !== 'running' || events?.failed !== undefined),
    [],
  );

  const { sha256 } = first.find(({ name }) => name === 'pressure-trend')!;
  const next = application('pressure-trend', (text) => text.replace('release: 1.0.0', 'release: 1.1.0'));
  const others = first.filter(({ name }) => name !== 'pressure-trend');
  await runtime.apply([...others, { ...next, predecessor: { sha256, sequence: 2 } }]);
  const trend = () => runtime.states().find(({ name }) => name === 'pressure-trend');
  await eventually('its readings are taken over', generousMs, () => trend()?.snapshot?.isTakenOver);
  const before = trend()?.events?.handled ?? 0;
  await eventually('and it goes on', generousMs, () => (trend()?.events?.handled ?? 0) > before || undefined);
});
