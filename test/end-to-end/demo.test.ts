/** `fleet demo` as a user runs it: a process that starts others, and leaves none behind however it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { runCommand } from '../../cli/run-command.ts';
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { isStatusDocument } from '../../schemas/generated/validators/status.js';
import { mosquitto } from '../controller/doors/mqtt/mosquitto.ts';
import { isHunt } from '../hunt.ts';
import { eventually, processesOf } from './processes.ts';
import { contextOf } from './world.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const generousMs = 60_000;
/** Well before a device of the demo, silent for a minute, would be shown as dark. */
const signOfLifeMs = 20_000;

function scratch(t: ExecutionContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'fleet-demo-test-'));
  t.teardown(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'demo');
}

function startDemo(t: ExecutionContext, directory: string, ...args: string[]): ChildProcess {
  const demo = spawn(join(root, 'fleet'), ['demo', '--directory', directory, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => demo.kill('SIGKILL'));
  return demo;
}

async function noneLeft(directory: string): Promise<void> {
  const left = () => processesOf(directory).map(({ pid, command }) => `${pid} ${command.join(' ')}`);
  await eventually(
    `the end of every process of ${directory}`,
    generousMs,
    () => left().length === 0 || undefined,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; left: ${left().join('\n')}`);
  });
}

/** What `fleet status -o json` prints there: asked in this process, which takes a tenth of what starting one takes. */
async function statusIn(directory: string): Promise<StatusDocument> {
  let printed = '';
  const context = contextOf(directory, new AbortController().signal);
  const stdout = { ...context.stdout, write: (more: string) => (printed += more) };
  await runCommand({ ...context, stdout }, ['status', '-o', 'json']);
  return JSON.parse(printed);
}

/** Everything in its place: a controller, and a supervisor with an app host for each of the five devices. */
async function isComplete(directory: string): Promise<void> {
  await eventually(`five app hosts in ${directory}`, generousMs, () => {
    const hosts = processesOf(directory).filter(({ command }) => command.some((word) => word.endsWith('/app-host.js')));
    return hosts.length === 5 || undefined;
  });
}

/** The address that devices were told is Mosquitto's, which the controller configured. */
function oneLineConfigures(t: ExecutionContext, directory: string): void {
  const endpoints = JSON.parse(readFileSync(`${directory}/controller/endpoints.json`, 'utf8'));
  const { port } = new URL(endpoints.mqtt);
  const written = readFileSync(`${directory}/controller/mosquitto/mosquitto.conf`, 'utf8');
  t.regex(written, new RegExp(`^listener ${port} `, 'm'));
}

test.serial(
  'fleet demo --once changes a fleet wave by wave, sees a bad release halt at its canary, and stops everything',
  async (t) => {
    const directory = scratch(t);
    const demo = startDemo(t, directory, '--once');
    const [out, told, [code]] = await Promise.all([text(demo.stdout!), text(demo.stderr!), once(demo, 'exit')]);
    t.is(code, 0, told);
    const status: unknown = JSON.parse(out);
    if (!isStatusDocument(status)) return t.fail(JSON.stringify(isStatusDocument.errors));
    const [second, bad, last] = [...told.matchAll(/^committed (\w+)/gm)].map(([, id]) => id!);
    t.true(last !== undefined && status.source.revision?.id.startsWith(last), told);
    t.regex(told, /aurora was first, as the canary/);
    t.regex(told, /rollout\/ships 3: halted .* TOO_MANY_FAILURES/);
    t.is(status.fleets.find(({ name }) => name === 'ships')?.rollout?.state, 'done');
    t.is(status.devices.length, 5);
    for (const { name, site, state, desired, report } of status.devices) {
      t.is(state, 'running', name);
      t.is(report?.phase, 'active', name);
      t.is(report?.running?.sequence, desired?.sequence, name);
      const beacon = report?.applications.find((application) => application.name === 'position-beacon');
      t.is(`${beacon?.version} ${beacon?.state}`, '1.1.0 running', name);
      const isCanary = site === 'aurora';
      t.true(report?.running?.revision.startsWith(isCanary ? last! : second!), `${name} was never touched by ${bad}`);
      const download = report?.downloads?.find((one) => one.name === 'position-beacon');
      if (!isCanary) t.is(download?.method, 'delta', name);
    }
    await noneLeft(directory);
  },
);

// Five more agents: the run has real agents at a Mosquitto in `crash/processes` already.
const inHunts = isHunt ? test.serial : test.serial.skip;

inHunts(
  'with Mosquitto in the place of the embedded broker, a device that has nothing to tell is heard again and again; kill -9 leaves no process behind',
  async (t) => {
    const directory = scratch(t);
    const demo = startDemo(t, directory, ...(mosquitto === undefined ? [] : ['--mosquitto']));
    await isComplete(directory);
    const status = (): Promise<StatusDocument> => statusIn(join(directory, 'fleet'));
    const settled = await eventually('five devices that run', generousMs, async () => {
      const seen = await status();
      return seen.devices.every(({ state }) => state === 'running') ? seen : undefined;
    });
    if (mosquitto !== undefined) oneLineConfigures(t, directory);
    await eventually('a later sign of life of each', signOfLifeMs, async () => {
      const { devices } = await status();
      return devices.every(({ contactAt }, at) => contactAt! > settled.devices[at]!.contactAt!) || undefined;
    });
    demo.kill('SIGKILL');
    await once(demo, 'exit');
    await noneLeft(directory);
  },
);

test.serial('a controller that cannot start ends the demo at once, with what it said', async (t) => {
  const directory = scratch(t);
  const demo = startDemo(t, directory, '--once', '--set', 'http.prt=1');
  const startedMs = performance.now();
  const [told, [code]] = await Promise.all([text(demo.stderr!), once(demo, 'exit')]);
  t.is(code, 1);
  t.regex(told, /the controller ended before it was ready\n.*\n.*http\.prt: there is no such key/);
  t.true(performance.now() - startedMs < signOfLifeMs);
  await noneLeft(directory);
});

/** How one that shows its fleet ends when somebody wants it to: of itself, and with everything that it started. */
const ends: Readonly<Record<string, (demo: ChildProcess) => void>> = {
  'a reader that closes the pipe': (demo) => void demo.stdout!.destroy(),
  'Ctrl-C': (demo) => void demo.kill('SIGINT'),
};

for (const [what, end] of Object.entries(ends)) {
  test.serial(`${what} ends the demo and every process of it`, async (t) => {
    const directory = scratch(t);
    const demo = startDemo(t, directory);
    await once(demo.stdout!, 'data');
    end(demo);
    const [code] = await once(demo, 'exit');
    t.is(code, 0);
    t.true(existsSync(directory), 'a directory that was named is kept');
    await noneLeft(directory);
  });
}
