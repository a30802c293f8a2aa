/** The applications of the engine room on one device, each from its own source language, together as their manifests say. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { deployedApplication } from '../../cli/deployed-application.ts';
import { runnable } from '../../device-agent/runtime/app-runtime.ts';
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
  const modules = readdirSync(join(example, 'apps')).map((name) => {
    const path = join(example, 'apps', name, `${name}-1.0.0.wasm`);
    const bytes = readFileSync(path);
    const sha256 = sha256Hex(bytes);
    paths.set(sha256, path);
    return { name, version: '1.0.0', sha256, length: bytes.length };
  });
  return { modules, pathOf: (sha256: string): string => paths.get(sha256)! };
}

function applications() {
  const { modules, pathOf } = builtModules();
  return readdirSync(join(example, 'applications')).map((name) => {
    const path = join(example, 'applications', name);
    return runnable(deployedApplication({ path, bytes: readFileSync(path) }, modules, {}), pathOf);
  });
}

test('a scheduled reading goes by a kept mean and linked thresholds to the shore, and an entry in the log book too', async (t) => {
  const port = await freePort();
  const { runtime, directory } = openRuntime(t, { door: { ...door, port } });
  const kept = join(directory, 'applications/pressure-gauge/kv');
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, 'last.value'), '9.00');
  await runtime.apply(applications());

  const outbox = (application: string, channel: string): string => {
    const segment = join(directory, 'outbox', application, channel, '000000000001.seg');
    return existsSync(segment) ? readFileSync(segment, 'utf8') : '';
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
});
