/** What one application of a host waits for, and its neighbours do not: the host with a launcher that runs nothing. */
import test from 'ava';
import { Abroad } from '../../../../device-agent/runtime/channels/abroad.ts';
import { Arrivals } from '../../../../device-agent/runtime/channels/arrivals.ts';
import { ChannelHub } from '../../../../device-agent/runtime/channels/channel-hub.ts';
import { LostMessages } from '../../../../device-agent/runtime/channels/lost-messages.ts';
import { AppHost, type AppHostPorts } from '../../../../device-agent/runtime/host/app-host.ts';
import { Asks } from '../../../../device-agent/runtime/host/events/http-source.ts';
import type { Launch } from '../../../../device-agent/runtime/host/launch.ts';
import { readLog } from '../../../../device-agent/runtime/log-file.ts';
import type { FromHost, HostedApplication } from '../../../../device-agent/runtime/protocol.ts';
import { SimDisk } from '../../../sim/sim-disk.ts';

/** Reads all of its input, says in upper case what it was, with its version, and ends; `stuck` neither ends nor is ended. */
const launch: Launch = ({ name, version }, { onEnd }, event) => {
  const read = new Uint8Array(100);
  const text = Buffer.from(read.subarray(0, event!.stdin.read(read))).toString();
  event?.stdout?.write(Buffer.from(`Content-Type: text/plain\n\n${text.toUpperCase()} ${version}`));
  const isStuck = name === 'stuck';
  if (!isStuck) queueMicrotask(() => onEnd({ kind: 'exited', exitCode: 0 }));
  const usage = () => ({ memoryBytes: 0, fuelSpent: 0 });
  return {
    usage,
    stop: () => (isStuck ? new Promise<never>(() => {}) : Promise.resolve()),
    relink: () => Promise.resolve(true),
  };
};

/** A host in which another process still runs `held`, and what it says. */
function hostBeside(held: string, launching = launch) {
  const said: FromHost[] = [];
  const say = (message: FromHost): void => void said.push(message);
  const abroad = new Abroad(say, () => {});
  const lost = new LostMessages();
  const hub = new ChannelHub(abroad, (name, count) => lost.add(name, count));
  const never: Disposable = { [Symbol.dispose]: () => {} };
  const disk = new SimDisk();
  const ports = {
    ...{ hub, abroad, launch: launching, arrivals: new Arrivals(hub, say), asks: new Asks(say), lost },
    ...{ disk, logDirectory: '/logs', modules: { keep: () => {} } },
    ...{ droppedOf: () => 0, waitingOf: () => 0 },
    clock: { now: () => 0, monotonic: () => 0, after: () => never },
    grants: { count: () => Promise.resolve(), usage: () => ({}), facts: () => ({}), forget: () => {} },
    lock: (name: string) => (name === held ? new Promise<never>(() => {}) : Promise.resolve(never)),
  };
  return { host: new AppHost(ports as unknown as AppHostPorts, say), said, disk };
}

const application = (name: string, changes: Partial<HostedApplication>): HostedApplication =>
  ({ name, version: '1', restarts: 0, config: {}, ...changes }) as HostedApplication;
const held = application('held', { trigger: { http: { route: '/held' } } });
const web = application('web', { trigger: { http: { route: '/web' } } });
const reader = (name: string): HostedApplication =>
  application(name, { trigger: { message: { channel: 'words' } }, channels: { in: { words: {} } } });

const terms = { queue: 8, messageBytes: 100, framing: 'line', drop: 'oldest' } as const;
const wordNumbered = (id: number) =>
  ({ kind: 'message', id, channel: 'words', terms, data: Buffer.from('word\n').toString('base64') }) as const;
const asking = (name: string, id: number) => {
  const place = { address: '', serverName: '', serverPort: 80, headers: {}, query: '', pathInfo: '' };
  const ask = { method: 'POST', route: `/${name}`, ...place, body: Buffer.from('ship').toString('base64') };
  return { kind: 'ask', id, application: name, ask } as const;
};

/** Lets everything that is resolved go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('who is asked or told something does not wait for a neighbour that another process still runs', async (t) => {
  const { host, said } = hostBeside('held');
  const order = { kind: 'apply', readElsewhere: [] } as const;
  await host.receive({ ...order, id: 1, applications: [web, reader('first')] });
  void host.receive({ ...order, id: 2, applications: [web, reader('first'), held] });
  void host.receive({ ...order, id: 3, applications: [web, reader('second'), held] });
  for (const message of [wordNumbered(1), asking('web', 2), asking('held', 3)]) void host.receive(message);
  await settled();
  const answers = said.flatMap((message) => (message.kind === 'answer' ? [message] : []));
  t.deepEqual(
    answers.map(({ id }) => id),
    [2],
    'who is to come is waited for',
  );
  t.like(answers[0]!.answer, { kind: 'response', status: 200, body: Buffer.from('SHIP 1').toString('base64') });
  t.true(said.some((message) => message.kind === 'took' && message.id === 1));
});

test('a release takes the place of the one before it while a neighbour is still on its way out', async (t) => {
  const { host, said } = hostBeside('nobody');
  const stuck = application('stuck', { trigger: { http: { route: '/stuck' } } });
  const order = { kind: 'apply', readElsewhere: [] } as const;
  await host.receive({ ...order, id: 1, applications: [web, stuck] });
  await host.receive(asking('stuck', 1));
  void host.receive({ ...order, id: 2, applications: [{ ...web, version: '2' }] });
  await settled();
  await host.receive(asking('web', 2));
  await settled();
  const [answer, ...others] = said.flatMap((message) => (message.kind === 'answer' ? [message.answer] : []));
  t.like(answer, { status: 200, body: Buffer.from('SHIP 2').toString('base64') });
  t.is(others.length, 0);
});

test('a message for who is to come waits for it, however many orders are in between', async (t) => {
  const { host, said } = hostBeside('nobody');
  const order = { kind: 'apply', readElsewhere: [] } as const;
  const orders = [[], [web], [web, reader('late')]].map((applications, id) =>
    host.receive({ ...order, id, applications }),
  );
  void host.receive(wordNumbered(1));
  await Promise.all(orders);
  await settled();
  host.tell();
  const told = said.flatMap((message) => (message.kind === 'states' ? message.applications : []));
  t.is(told.findLast(({ name }) => name === 'late')?.events?.handled, 1);
});

test('an order for what runs already is told from one that starts, ends or links an application', async (t) => {
  const { host } = hostBeside('nobody');
  const late = reader('late');
  const linked: HostedApplication = { ...web, links: { codec: { sha256: 'a', length: 1 } } } as never;
  const again = { ...web, restarts: 1 };
  const changes: boolean[] = [];
  for (const [id, applications] of [[web], [again], [again, late], [late], [linked, late], [linked, late]].entries()) {
    changes.push(await host.receive({ kind: 'apply', readElsewhere: [], id, applications }));
  }
  changes.push(await host.receive(wordNumbered(1)));
  t.deepEqual(changes, [true, false, true, true, true, false, false]);
});

test('what an application printed and waits to be worth a write is in its log once somebody wants to read it', async (t) => {
  const printing: Launch = (_application, { onOutput }) => {
    onOutput('stdout', Buffer.from('ahoy\n'));
    return { usage: () => ({ memoryBytes: 0, fuelSpent: 0 }), stop: async () => {}, relink: async () => true };
  };
  const { host, disk } = hostBeside('nobody', printing);
  await host.receive({ kind: 'apply', readElsewhere: [], id: 1, applications: [application('greeter', {}), web] });
  t.is(readLog(disk, '/logs', 'greeter'), undefined);
  for (const name of ['greeter', 'web', 'nobody'])
    t.false(await host.receive({ kind: 'write-log', application: name }), 'it changes nothing');
  t.regex(readLog(disk, '/logs', 'greeter')!, / out ahoy\n$/);
});
