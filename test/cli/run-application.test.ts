import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { dump } from 'js-yaml';
import { deployedApplication } from '../../cli/deployed-application.ts';
import type { ApplicationSpec } from '../../schemas/generated/types.ts';
import { bytesOf } from '../controller/manifests/fleet-fixture.ts';
import { cModule, cTest } from '../device-agent/runtime/c-module.ts';
import { adder, caller } from '../device-agent/runtime/linked-modules.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

function manifest(spec: Partial<ApplicationSpec>): string {
  const metadata = { name: 'app' };
  return dump({ apiVersion: 'fleet/v1alpha1', kind: 'Application', metadata, spec: { release: '1.0.0', ...spec } });
}

const module = { name: 'app', version: '1.0.0', sha256: 'a'.repeat(64), length: 8 };
const deployed = (text: string, labels = {}) =>
  deployedApplication({ path: '/fleet/app.yaml', bytes: bytesOf(text) }, [module], labels);

test('a manifest is drawn as the planner draws it for a device, with the labels that are given', (t) => {
  const spec: Partial<ApplicationSpec> = { env: { PORT: '${' + 'device.labels.port}' }, kv: {}, secrets: ['token'] };
  t.like(deployed(manifest(spec), { port: 'oslo' }), {
    ...{ name: 'app', version: '1.0.0', env: { PORT: 'oslo' }, kv: { bytesMax: 2 ** 20 }, secrets: { token: {} } },
  });
  t.throws(() => deployed(manifest(spec)), { message: /app\.yaml:\d+:\d+: NO_VALUE .*lacks the label port/ });
});

test('what is wrong in a manifest is told as fleet validate tells it, and nothing runs', (t) => {
  const trigger = { message: { channel: 'raedings' } };
  t.throws(() => deployed(manifest({ trigger, channels: { in: { readings: {} } } })), {
    message: /^nothing was run:\n\/fleet\/app\.yaml:.*UNKNOWN_CHANNEL .*did you mean "readings"/s,
  });
  t.throws(() => deployed('kind: Fleet'), { message: /^nothing was run:/ });
  t.throws(() => deployed(`${manifest({})}---\n${manifest({}).replace('app', 'other')}`), { message: /holds 2 app/ });
});

/** By the variable DOES: handles a line, answers a request, or stays and shows what it was granted. */
const source = `
  char text[300] = {0};
  char *does = getenv("DOES");
  if (!strcmp(does, "show")) {
    FILE *secret = fopen("/secrets/token", "r"), *log = fopen("/machine/log", "r");
    fgets(text, 99, secret);
    fgets(text + strlen(text), 99, log);
    FILE *kept = fopen("/data/kept", "a");
    fprintf(kept, "%s", text);
    return 7;
  }
  if (!strcmp(does, "answer")) {
    printf("Content-Type: text/plain\\n\\n%s", getenv("PATH_INFO"));
    return 0;
  }
  fgets(text, 99, stdin);
  if (!strncmp(text, "trap", 4)) __builtin_trap();
  FILE *fact = fopen("/facts/length", "w");
  fprintf(fact, "%zu\\n", strlen(text));
  fclose(fact);
  printf("heard %s", text);
  return 0;`;

function newFleet(t: ExecutionContext) {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-run-app-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const place = (name: string): string => join(directory, name);
  mkdirSync(place('releases/app'), { recursive: true });
  writeFileSync(place('releases/app/1.0.0.wasm'), cModule(source));
  const start = (spec: Partial<ApplicationSpec>, ...args: string[]) => {
    const file = place(`${spec.env?.DOES}-${spec.trigger === undefined ? '' : Object.keys(spec.trigger)[0]}.yaml`);
    writeFileSync(file, manifest(spec));
    const child = spawn(process.execPath, [program, 'run', '--app', file, ...args], { cwd: directory });
    const printed = { out: '', err: '' };
    child.stdout.on('data', (text) => (printed.out += text));
    child.stderr.on('data', (text) => (printed.err += text));
    const ended = once(child, 'close').then(([code]) => ({ ...printed, code: code as number }));
    return { child, ended, printed };
  };
  return { place, start };
}

const channels = { in: { readings: {} }, out: { alarms: { shore: {} } } };
const facts = { length: { type: 'number' } } as const;

cTest('an application runs at a terminal as on a device: its events, channels, facts and what it keeps', async (t) => {
  const { place, start } = newFleet(t);
  writeFileSync(place('readings'), 'one\ntrap\nthree');
  for (const name of ['token', 'log']) writeFileSync(place(name), `${name}\n`);
  const heard = start(
    { env: { DOES: 'hear' }, trigger: { message: { channel: 'readings' } }, channels, facts },
    ...['--event', `readings=${place('readings')}`, '--report'],
  );
  const timed = start(
    { env: { DOES: 'hear' }, trigger: { schedule: { cron: '0 4 * * *' } }, facts },
    ...['--event', 'schedule=-'],
  );
  timed.child.stdin.end('2026-11-29T04:00:00Z\n');
  const shown = start(
    { env: { DOES: 'show' }, data: {}, secrets: ['token'], machine: ['log'] },
    ...['--secret', `token=${place('token')}`, '--machine', `log=${place('log')}`, '--state', place('state')],
  );
  mkdirSync(place('releases/codec'));
  writeFileSync(place('releases/codec/1.0.0.wasm'), adder);
  writeFileSync(place('caller.wasm'), caller);
  const links = { codec: { release: 'codec/1.0.0' } };
  const linked = start({ env: { DOES: 'call' }, links }, place('caller.wasm'), '--time-limit', '3s');
  const refused = start({ env: { DOES: 'refuse' }, machine: ['log'] });
  const first = await heard.ended;
  t.is(first.code, 134, first.err);
  t.is(first.out, 'alarms: heard one\nalarms: heard three\n');
  t.regex(first.err, /fact length = 4\n/);
  t.regex(first.err, /app: trap: unreachable/);
  const report = JSON.parse(first.err.trim().split('\n').at(-1)!);
  t.like(report, { kind: 'trapped', runs: 3, events: { handled: 2, failed: 1 } });
  t.deepEqual(report.in, { readings: { messages: 3, bytes: 15 } });
  t.deepEqual(report.out, { alarms: { messages: 2, bytes: 22 } });
  t.true(report.fuel > 0 && report.peakMemoryBytes >= 65_536);
  t.like(await timed.ended, { code: 0, out: 'heard 2026-11-29T04:00:00Z\n' });
  t.like(await shown.ended, { code: 7 });
  t.is(readFileSync(place('state/applications/app/data/kept'), 'utf8'), 'token\nlog\n');
  t.regex((await linked.ended).out, /^AP\nBP\n/);
  t.like(await refused.ended, { code: 126, err: 'fleet: this machine has no log: give it by --machine log=PATH\n' });
});

cTest('an application with a route answers at a port of this machine until it is interrupted', async (t) => {
  const { start } = newFleet(t);
  const { child, printed, ended } = start({ env: { DOES: 'answer' }, trigger: { http: { route: '/api' } } });
  while (!printed.err.includes('Ctrl-C')) await once(child.stderr, 'data');
  const url = /http:\S+/.exec(printed.err)![0].replace(';', '');
  t.is(await (await fetch(`${url}/speed`)).text(), '/speed');
  child.kill('SIGINT');
  const { code, err } = await ended;
  t.is(code, 130, err);
});
