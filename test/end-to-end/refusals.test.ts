/**
 * What must be refused is refused by the real agent and the real controller, with a reason that `fleet why` and `fleet status`
 * show, while the old deployment goes on running in the very same app host. And what an application says is not refused to anybody.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { addExampleRelease } from '../../cli/example-fleet.ts';
import { addRelease } from '../../controller/publishing/authoring/add-release.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import type { DeviceStatus, StatusDocument } from '../../schemas/generated/types.ts';
import { cModule, cTest } from '../device-agent/runtime/c-module.ts';
import { Attack, flipEnvelope, mallory } from './attack.ts';
import { Impostor } from './impostor.ts';
import { eventually, processesOf } from './processes.ts';
import { Receivers } from './receivers.ts';
import { witnessModule } from './witness.ts';
import { makeWorld, startWorld, type TestWorld } from './world.ts';

const device = 'truck-7-cab';
const generousMs = 60_000;
const cleanups: (() => unknown)[] = [];
let made: TestWorld;
let attack: Attack;
let impostor: Impostor;
let receivers: Receivers;

test.before(async (t) => {
  t.timeout(2 * generousMs);
  made = await makeWorld({ teardown: (work) => cleanups.push(work) }, [device], (directory) => {
    impostor = new Impostor(directory);
    cleanups.push(() => impostor.close());
    return (port) => impostor.startRelay(port);
  });
  attack = new Attack(made);
  receivers = await Receivers.open(made.directory);
  cleanups.unshift(() => receivers.close());
  await startWorld(made, { controller: { 'channels.files.directory': messagesDirectory(), ...receivers.settings() } });
  receivers.configure();
});

test.after.always(async () => {
  for (const work of cleanups) await work();
});

function messagesDirectory(): string {
  return `${made.directory}/messages`;
}

function deviceIn({ devices }: StatusDocument): DeviceStatus {
  return devices.find(({ name }) => name === device)!;
}

/** The status once it holds; a controller that is being started again has none. */
function statusWhen(what: string, holds: (status: StatusDocument) => boolean): Promise<StatusDocument> {
  return eventually(what, generousMs, async () => {
    const status = await made.world.status().catch(() => undefined);
    return status !== undefined && holds(status) ? status : undefined;
  });
}

/** Commits while the device is away; it comes back with `comeBack`. */
async function commitUnheard(message: string): Promise<string> {
  await made.world.service(device)!.stop();
  const revision = await made.world.commit(message);
  await statusWhen('the commit to come into force', ({ source }) => source.revision?.id === revision);
  return revision;
}

/** What tells that nothing was started anew. */
function running(): string {
  const hosts = processesOf(`${made.directory}/devices/${device}/`).filter(({ command }) =>
    command.some((word) => word.endsWith('/app-host.js')),
  );
  return hosts.map(({ pid }) => pid).join();
}

/** The device refuses with this code, says so in `fleet why`, and runs on what it ran. */
async function refuses(t: ExecutionContext, code: string, before: Before): Promise<string> {
  const status = await statusWhen(`${code} while the applications run`, (seen) => {
    const { problem, applications } = deviceIn(seen).report ?? {};
    return problem?.code === code && applications?.every(({ state }) => state === 'running') === true;
  });
  const { report } = deviceIn(status);
  t.is(report?.running?.sequence, before.sequence);
  t.deepEqual(
    report?.applications.map(({ name, restarts }) => `${name} ${restarts}`),
    ['position-beacon 0'],
  );
  t.is(running(), before.host, 'the app host is the same process');
  const { text } = await made.fleetCommand('why', `device/${device}`);
  t.true(text.includes(code), text);
  t.true(text.includes(report!.problem!.message), text);
  t.log(report!.problem!.message);
  return text;
}

interface Before {
  readonly sequence: number;
  readonly host: string;
}

/** Leads the device, which is away, to a server of releases that the attacks change. */
async function takeOver(): Promise<void> {
  await impostor.begin();
  attack.artifacts = impostor.files;
}

/** Ends that. */
function giveBack(): void {
  impostor.end();
  attack.artifacts = `${made.directory}/controller/artifacts`;
}

/** Starts the agent, which runs at once what it ran before. */
async function comeBack(): Promise<Before> {
  const { report } = deviceIn(await statusWhen('the controller', () => true));
  made.world.service(device)!.start();
  const host = await eventually('the app host', generousMs, () => running() || undefined);
  return { sequence: report!.running!.sequence, host };
}

/** Again, without what it waits for after a failure. */
async function startAnew(): Promise<void> {
  await made.world.service(device)!.stop();
  made.world.service(device)!.start();
}

test.serial('a bad revision changes nothing on any device; status shows each problem with file and line', async (t) => {
  t.timeout(2 * generousMs);
  const before = await made.world.status();
  const { tree } = made.fleet;
  const put = (name: string, text: string): string => {
    const path = `applications/${name}.yaml`;
    writeFileSync(`${tree.directory}/${path}`, text);
    return path;
  };
  const manifest = (name: string, release: string): string =>
    `apiVersion: fleet/v1alpha1\nkind: Application\nmetadata:\n  name: ${name}\nspec:\n  release: ${release}\n`;
  const aliases = Array.from(
    { length: 30 },
    (_, at) => `a${at}: &a${at} [${at === 0 ? 'x' : `*a${at - 1}, *a${at - 1}`}]`,
  );
  /** Commits what was written; every one of these files must be named with its line. */
  const refusedWith = async (message: string, paths: readonly string[]): Promise<void> => {
    const revision = await made.world.commit(message);
    const status = await statusWhen('the refusal', ({ source }) => source.tip?.id === revision);
    const { source } = status;
    t.is(source.state, 'refused');
    t.is(source.revision?.id, made.first);
    t.deepEqual(deviceIn(status).desired, deviceIn(before).desired);
    t.is(deviceIn(status).report?.running?.sequence, deviceIn(before).report?.running?.sequence);
    const { text } = await made.fleetCommand('status');
    for (const path of paths) {
      const problem = source.problems.find(({ file }) => file === path);
      t.truthy(problem?.line, `${path}: ${JSON.stringify(source.problems)}`);
      t.true(text.includes(`${path}:${problem?.line}`), text);
    }
  };
  const unread = [
    put('torn', 'apiVersion: fleet/v1alpha1\nkind: [Application\n'),
    put('large', `${manifest('large', '1.0.0')}# ${'x'.repeat(10 * 2 ** 20)}\n`),
    put('bomb', `${aliases.join('\n')}\n`),
  ];
  const missing = put('missing', manifest('missing', '9.9.9'));
  await refusedWith('Files that cannot be read', [...unread, missing]);
  for (const path of unread) rmSync(`${tree.directory}/${path}`);
  made.edit('fleets/trucks.yaml', 'name: position-beacon', 'name: position-beakon');
  await refusedWith('Files that do not fit together', ['fleets/trucks.yaml', missing]);
  rmSync(`${tree.directory}/${missing}`);
  made.edit('fleets/trucks.yaml', 'name: position-beakon', 'name: position-beacon');
  await made.world.converge(await made.world.commit('As it was'), generousMs);
});

test.serial('a flipped bit in signed metadata is refused, and the update follows when it is whole again', async (t) => {
  t.timeout(3 * generousMs);
  made.edit('fleets/trucks.yaml', 'knots: 40', 'knots: 41');
  const revision = await commitUnheard('A little faster');
  await takeOver();
  attack.replace('tuf/timestamp.json', (bytes) => {
    bytes[bytes.indexOf('"version":') + 11]! ^= 1;
    return bytes;
  });
  await refuses(t, 'METADATA_THRESHOLD', await comeBack());
  giveBack();
  await startAnew();
  await made.world.converge(revision, generousMs);
});

test.serial(
  'a flipped bit in an artifact, whole and packed, is told, mended from git, and reaches no device',
  async (t) => {
    t.timeout(3 * generousMs);
    addExampleRelease(made.world.context, 'harbor', made.fleet.tree, 'position-beacon', '1.1.0');
    made.edit('applications/position-beacon.yaml', 'release: 1.0.0', 'release: 1.1.0');
    const revision = await commitUnheard('position-beacon 1.1.0');
    await eventually('all forms of the release', generousMs, () => attack.flipRelease('position-beacon', '1.1.0'));
    await comeBack();
    await made.world.converge(revision, generousMs);
    const log = readFileSync(`${made.directory}/logs/controller.log`, 'utf8');
    t.regex(log, /publishing\.mended file=sha256/);
  },
);

test.serial('a forged, a flipped and a replayed deployment are refused', async (t) => {
  t.timeout(4 * generousMs);
  const controller = made.world.service('controller')!;
  const agent = made.world.service(device)!;
  await agent.stop();
  await controller.stop();
  const genuine = attack.envelope(device);
  const attacks = [
    ['ENVELOPE_BAD_SIGNATURE', flipEnvelope(attack.nextDeployment(genuine, () => ({})))],
    ['ENVELOPE_THRESHOLD', attack.nextDeployment(genuine, () => ({ probationSeconds: 5 }), mallory)],
    ['SEQUENCE_REPLAYED', attack.nextDeployment(genuine, () => ({ sequence: 1 }))],
  ] as const;
  for (const [code, envelope] of attacks) {
    attack.setEnvelope(device, envelope);
    controller.start();
    await refuses(t, code, await comeBack());
    await agent.stop();
    await controller.stop();
  }
  attack.setEnvelope(device, genuine);
  controller.start();
  agent.start();
  made.edit('fleets/trucks.yaml', 'knots: 41', 'knots: 42');
  await made.world.converge(await made.world.commit('Faster still'), generousMs);
});

test.serial('an expired timestamp is refused, although the clock of the device is set back two months', async (t) => {
  t.timeout(4 * generousMs);
  const shift = `${made.directory}/two-months-ago.mjs`;
  writeFileSync(shift, `const now = Date.now;\nDate.now = () => now() - ${60 * 86_400_000};\n`);
  made.edit('fleets/trucks.yaml', 'knots: 42', 'knots: 43');
  await commitUnheard('Unheard');
  await takeOver();
  attack.expireTimestamp();
  const { NODE_OPTIONS } = process.env;
  process.env.NODE_OPTIONS = `--import=${pathToFileURL(shift).href}`;
  const before = await comeBack();
  if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = NODE_OPTIONS;
  await refuses(t, 'METADATA_EXPIRED', before);
  giveBack();
  await startAnew();
  const bytes = witnessModule('1.2.0');
  const options = { name: 'position-beacon', version: '1.2.0', bytes, file: 'witness', random: nodeRandom };
  addRelease(made.fleet.tree, { ...options, now: Date.now() });
  await made.world.converge(await made.world.commit('A release makes new metadata'), generousMs);
});

test.serial('code that release keys never signed is refused, whatever the keys of the controller say', async (t) => {
  t.timeout(3 * generousMs);
  const evil = witnessModule('6.6.6');
  const sha256 = createHash('sha256').update(evil).digest('hex');
  const controller = made.world.service('controller')!;
  await made.world.service(device)!.stop();
  await controller.stop();
  const genuine = attack.envelope(device);
  const forged = attack.nextDeployment(genuine, ({ applications }) => ({
    applications: applications.map((one) => ({ ...one, version: '6.6.6', sha256, length: evil.length })),
  }));
  attack.setEnvelope(device, forged);
  controller.start();
  await statusWhen('the controller', () => true);
  await takeOver();
  attack.forgeRelease('position-beacon', '6.6.6', evil);
  const text = await refuses(t, 'METADATA_THRESHOLD', await comeBack());
  t.true(text.includes('position-beacon'), text);
  await made.world.service(device)!.stop();
  giveBack();
  made.world.service(device)!.start();
});

interface OnShore {
  readonly id: string;
  readonly text: string;
}

/** What came out so far, each id once, in the order in which it came; one id with two texts fails, and whatever else there is. */
function messagesOf(t: ExecutionContext, lines: readonly string[]): OnShore[] {
  const texts = new Map<string, string>();
  for (const line of lines) {
    const { id, text, ...of } = JSON.parse(line) as Record<string, string>;
    t.like(of, { device, application: 'position-beacon', channel: 'positions' });
    t.true(texts.get(id!) === undefined || texts.get(id!) === text, `${id} is two messages`);
    texts.set(id!, text!);
  }
  return [...texts].map(([id, text]) => ({ id, text }));
}

function linesInFiles(): string[] {
  const directory = messagesDirectory();
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((name) =>
    readFileSync(`${directory}/${name}`, 'utf8').split('\n').slice(0, -1),
  );
}

cTest(
  'what a program writes to a channel of the shore comes out in files, at a webhook and a topic, in order, though controller and agent are killed',
  async (t) => {
    t.timeout(3 * generousMs);
    const count = 100;
    // Without stdio, which would be most of it.
    const bytes = cModule(`int out = open("/channels/out/positions", O_WRONLY); char line[] = "position 000\\n";
    int fact = open("/facts/sent", O_WRONLY);
    for (int i = 0; i < ${count}; i++) {
      line[9] = '0' + i / 100; line[10] = '0' + i / 10 % 10; line[11] = '0' + i % 10;
      write(out, line, 13); write(fact, line + 9, 4); usleep(50000);
    }
    while (1) sleep(1);`);
    const options = { name: 'position-beacon', version: '2.0.0', bytes, file: 'talker', random: nodeRandom };
    addRelease(made.fleet.tree, { ...options, now: Date.now() });
    const head = 'apiVersion: fleet/v1alpha1\nkind: Application\nmetadata:\n  name: position-beacon\n';
    const says = '  channels: { out: { positions: { shore: {} } } }\n  facts: { sent: { type: number } }\n';
    const manifest = `${head}spec:\n  release: 2.0.0\n${says}`;
    writeFileSync(`${made.fleet.tree.directory}/applications/position-beacon.yaml`, manifest);
    await made.world.commit('A beacon that tells the shore');
    const arrived = (holds: (messages: readonly OnShore[]) => boolean): Promise<OnShore[]> =>
      eventually('messages on shore', generousMs, () => {
        const messages = messagesOf(t, linesInFiles());
        return holds(messages) ? messages : undefined;
      });
    await arrived(({ length }) => length > 0);
    process.kill(made.world.pidOf('controller')!, 'SIGKILL');
    await eventually('the controller again', generousMs, () => receivers.subscribe().catch(() => undefined));
    await arrived(({ length }) => length > count / 4);
    process.kill(made.world.pidOf(device)!, 'SIGKILL');
    const last = `position ${String(count - 1).padStart(3, '0')}`;
    // It starts anew with the agent: what it had said before is there from the first on, then all of it.
    const starts = (messages: readonly OnShore[]): number =>
      messages.filter(({ text }) => text === 'position 000').length;
    const told = await arrived((messages) => starts(messages) === 2 && messages.at(-1)?.text === last);
    const numbers = told.map(({ text }) => Number(text.slice(-3)));
    const before = numbers.length - count;
    t.deepEqual(numbers, [...Array(before).keys(), ...Array(count).keys()]);
    const posted = () => messagesOf(t, receivers.posted);
    await eventually('all at the webhook', generousMs, () => posted().length === told.length || undefined);
    t.deepEqual(posted(), told);
    // Who is away when something is published does not hear of it later.
    const published = () => messagesOf(t, receivers.published);
    await eventually('the last at its topic', generousMs, () => published().at(-1)?.text === last || undefined);
    const heard = new Set(published().map(({ id }) => id));
    t.deepEqual(
      published(),
      told.filter(({ id }) => heard.has(id)),
    );
    t.true(heard.size > count / 2, `${heard.size} at topics`);
    await statusWhen('the fact', (status) =>
      Boolean(deviceIn(status).report?.applications.some(({ facts }) => facts?.sent?.value === count - 1)),
    );
  },
);

test.serial('a device that git no longer names is refused, and status tells of it', async (t) => {
  t.timeout(2 * generousMs);
  const { directory } = made.fleet.tree;
  for (const path of [`devices/${device}.yaml`, 'fleets/trucks.yaml']) rmSync(`${directory}/${path}`);
  const revision = await made.world.commit('The truck is sold');
  const status = await statusWhen(
    'the refusal of the device',
    ({ source, refusals }) => source.revision?.id === revision && refusals.some((refusal) => refusal.device === device),
  );
  t.is(status.refusals.find((refusal) => refusal.device === device)?.code, 'DEVICE_UNKNOWN');
  const { text } = await made.fleetCommand('status');
  t.true(text.includes(device) && text.includes('DEVICE_UNKNOWN'), text);
});

test.serial('a revision without the signature that the configuration demands is refused by name', async (t) => {
  t.timeout(2 * generousMs);
  const { world, first, directory, fleetCommand } = await makeWorld(t, []);
  writeFileSync(`${directory}/allowed-signers`, '');
  const controller = { 'source.requireSignature': `${directory}/allowed-signers` };
  await world.start({ controller, mosquitto: false });
  const { source } = await eventually('the refusal', generousMs, async () => {
    const status = await world.status();
    return status.source.state === 'refused' ? status : undefined;
  });
  t.is(source.revision, undefined);
  t.is(source.tip?.id, first);
  t.regex(source.message ?? '', new RegExp(`${first.slice(0, 12)}.*is not signed \\(NOT_SIGNED\\)`));
  const { text } = await fleetCommand('status');
  t.true(text.includes(first.slice(0, 7)) && text.includes('NOT_SIGNED'), text);
});
