import test from 'ava';
import { applicationLogs } from '../../../device-agent/command/logs.ts';
import { describeAgent } from '../../../device-agent/command/status.ts';
import { type Diagnosis, diagnose } from '../../../device-agent/diagnosis/diagnosis.ts';
import type { RoomUse } from '../../../device-agent/diagnosis/disk-use.ts';
import { linkAtContact } from '../../../device-agent/report/link-state.ts';
import { type AgentStatus, readStatus, writeStatus } from '../../../device-agent/report/status-file.ts';
import { appendToLog } from '../../../device-agent/runtime/log-file.ts';
import { DiskError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { proved } from '../update/proved-ship.ts';

const ports = {
  doors: { ask: () => Promise.reject(new Error('connect ENOENT')) },
  signal: new AbortController().signal,
};

test('describeAgent() tells of an agent that does not run in the past tense, its applications too', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const [since, at] = ['2026-06-01T08:00:00.000Z', '2026-06-01T09:00:00.000Z'];
  const running = { sequence: 2, revision: 'a'.repeat(40) };
  const application = { name: 'pump', version: '1.0.0', state: 'running' as const, since, restarts: 0 };
  const report = {
    ...{ counter: 1, at, agentVersion: '1', phase: 'active' as const, since, highestSequence: 2, running },
    applications: [application],
  };
  writeStatus(disk, '/state', { device: 'buoy', connected: true, report });
  const ports = { clock: new SimTime(Date.parse(at) + 60_000).clock({ alive: true }), disk };
  t.is(
    describeAgent(ports, '/state', false),
    'buoy: the agent does not run; it was active 60 s ago\n' +
      'It ran deployment 2 of commit aaaaaaa; now nothing of it runs:\n  pump 1.0.0 · was running for 60 m\n',
  );
  t.regex(describeAgent(ports, '/state', true)!, /\nRuns deployment 2 .*\n {2}pump 1\.0\.0 · running for 61 m\n$/);
});

test('describeAgent() says how long ago its last trouble was: it may be over', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const [since, at] = ['2026-06-01T08:00:00.000Z', '2026-06-01T09:00:00.000Z'];
  const problem = { code: 'SERVER_UNREACHABLE', message: 'no route', at: since };
  const report = {
    ...{ counter: 1, at, agentVersion: '1', phase: 'active' as const, since, highestSequence: 2 },
    ...{ applications: [], problem, clock: { stands: 'behind' as const, by: 'signed' as const } },
  };
  writeStatus(disk, '/state', { device: 'buoy', connected: true, report });
  const text = describeAgent({ clock: new SimTime(Date.parse(at)).clock({ alive: true }), disk }, '/state', true)!;
  t.regex(
    text,
    /\nClock: its clock stands before the time of something signed that it trusts, and it knows no better\.\n/,
  );
  t.true(text.endsWith('\nIts last trouble, 60 m ago: no route (SERVER_UNREACHABLE)\n'), text);
});

test('describeAgent() tells which window is waited for', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const at = '2026-06-01T09:00:00.000Z';
  const waiting = { to: 'activate' as const, code: 'WINDOW', message: 'waits for a window to activate' };
  const report = {
    ...{ counter: 1, at, agentVersion: '1', phase: 'waiting' as const, since: at, highestSequence: 2 },
    ...{ applications: [], waiting },
  };
  writeStatus(disk, '/state', { device: 'buoy', connected: false, report });
  const text = describeAgent({ clock: new SimTime(Date.parse(at)).clock({ alive: true }), disk }, '/state', true)!;
  t.true(text.endsWith('\nIt does not go on now: waits for a window to activate (WINDOW).\n'), text);
});

test('describeAgent() tells which clause is waited for, and what was seen of it when', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const at = '2026-06-01T09:00:00.000Z';
  const seen = [
    { name: 'facts.speed', value: 7.25, at },
    { name: 'facts.mode', value: 'sea' },
    { name: 'facts.depth' },
  ];
  const waiting = { to: 'activate' as const, code: 'WHEN', message: 'waits to activate until facts.speed == 0', seen };
  const report = {
    ...{ counter: 1, at, agentVersion: '1', phase: 'waiting' as const, since: at, highestSequence: 2 },
    ...{ applications: [], waiting },
  };
  writeStatus(disk, '/state', { device: 'buoy', connected: false, report });
  const text = describeAgent({ clock: new SimTime(Date.parse(at)).clock({ alive: true }), disk }, '/state', true)!;
  const sights = 'facts.speed 7.25 (2026-06-01 09:00:00Z), facts.mode "sea", no facts.depth';
  t.true(text.endsWith(`until facts.speed == 0; seen: ${sights} (WHEN).\n`), text);
});

test('describeAgent() tells why there is no connection, and whether there ever was one', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const [since, at] = ['2026-06-01T08:00:00.000Z', '2026-06-01T09:00:00.000Z'];
  const report = {
    counter: 1,
    at,
    agentVersion: '1',
    phase: 'idle' as const,
    since,
    highestSequence: 0,
    applications: [],
  };
  const trouble = { kind: 'dns' as const, message: 'getaddrinfo ENOTFOUND shore', since };
  const clock = new SimTime(Date.parse(at) + 60_000).clock({ alive: true });
  const told = (): string => describeAgent({ clock, disk }, '/state', true)!;
  writeStatus(disk, '/state', { device: 'buoy', connected: false, report });
  t.is(told(), 'buoy: idle, never connected yet (as of 60 s ago)\nNo deployment runs.\n');
  writeStatus(disk, '/state', { device: 'buoy', connected: false, report, trouble, lastConnectedAt: since });
  const [where, why] = told().split('\n');
  t.is(where, 'buoy: idle, no connection to the controller, the last 61 m ago (as of 60 s ago)');
  t.regex(why!, /^No connection for 61 m: DNS: .* \(getaddrinfo ENOTFOUND shore\)\.$/);
  writeStatus(disk, '/state', { device: 'buoy', connected: true, report, trouble });
  t.notRegex(told(), /DNS/);
  writeStatus(disk, '/state', { device: 'buoy', connected: true, through: 'aurora-bridge', report });
  t.regex(told(), /^buoy: idle, connected through gateway aurora-bridge \(as of 60 s ago\)\n/);
  const asks = { everySeconds: 3_600, why: 'plan' } as const;
  const link = linkAtContact({ connected: false }, asks, since, 'aurora-bridge');
  writeStatus(disk, '/state', { device: 'buoy', ...link, report: { ...report, asks } });
  t.regex(told(), /^buoy: idle, asks every 1 h over HTTPS, by plan, answered through gateway aurora-bridge 61 m ago /);
});

test('a status file with a trouble that is none counts as no status', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const at = '2026-06-01T09:00:00.000Z';
  const report = {
    counter: 1,
    at,
    agentVersion: '1',
    phase: 'idle' as const,
    since: at,
    highestSequence: 0,
    applications: [],
  };
  for (const trouble of [null, {}, { kind: 'weather', message: 'rain', since: at }]) {
    writeStatus(disk, '/state', { device: 'buoy', connected: false, report, trouble } as unknown as AgentStatus);
    t.is(readStatus(disk, '/state'), undefined);
  }
});

test('describeAgent() tells what waits for the shore, and why', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const [since, at] = ['2026-06-01T08:00:00.000Z', '2026-06-01T09:00:00.000Z'];
  const held = { code: 'WEBHOOK_REFUSES', message: 'webhook: it answers 500', channel: 'pump/alarms' };
  const outbox = { messages: 3, bytes: 1_048_576, oldestAt: since, dropped: 2, held };
  const report = {
    ...{ counter: 1, at, agentVersion: '1', phase: 'active' as const, since, highestSequence: 2 },
    ...{ applications: [], outbox },
  };
  writeStatus(disk, '/state', { device: 'buoy', connected: true, report });
  const text = describeAgent({ clock: new SimTime(Date.parse(at)).clock({ alive: true }), disk }, '/state', true)!;
  const words = '3 messages (1.0 MiB) wait, the oldest for 60 m, 2 dropped';
  t.true(text.endsWith(`\nFor the shore: ${words}; kept because webhook: it answers 500 (pump/alarms).\n`), text);
});

test('what an application or a server said cannot steer the terminal of whoever asks', async (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const at = '2026-06-01T09:00:00.000Z';
  const steering = '\u001b[2J\u009b31m\r\n\u202eall is well';
  const application = {
    name: 'pump',
    version: '1.0.0',
    state: 'failed' as const,
    since: at,
    restarts: 1,
    message: steering,
  };
  const report = {
    ...{ counter: 1, at, agentVersion: '1', phase: 'idle' as const, since: at, highestSequence: 2 },
    applications: [application],
    problem: { code: 'PROBATION_FAILED', message: steering, at },
  };
  writeStatus(disk, '/state', { device: `buoy${steering}`, connected: true, report });
  disk.makeDirectory('/state/runtime/logs');
  using file = disk.open('/state/runtime/logs/pump.log', 'write');
  file.write(0, Buffer.from(`first${steering}\nsecond\n`));
  const clock = new SimTime(Date.parse(at)).clock({ alive: true });
  const { text: logs } = await applicationLogs(
    { ...ports, clock, disk },
    { stateDirectory: '/state', socket: undefined },
    'pump',
  );
  const shown = [describeAgent({ clock, disk }, '/state', true)!, logs!];
  for (const text of shown) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    t.notRegex(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    t.regex(text, /all is well/);
  }
  t.regex(shown[1]!, /^first.*\n.*\nsecond\n$/);
});

test('logs have what waited to be written, by asking the agent for it; where it does not answer they say what may be missing', async (t) => {
  const disk = new SimDisk();
  const directory = '/state/runtime/logs';
  disk.makeDirectory(directory);
  appendToLog(disk, directory, 'pump', Buffer.from('old\n'));
  const time = new SimTime(0);
  const clock = time.clock({ alive: true });
  const place = { stateDirectory: '/state', socket: '/state/agent.sock' };
  const asked: string[] = [];
  const answering = {
    ask: async (_path: string, line: string) => {
      asked.push(line);
      clock.after(80, () => appendToLog(disk, directory, 'pump', Buffer.from('gathered\n')));
      return JSON.stringify({ kind: 'writing-log' });
    },
  };
  const logs = applicationLogs({ ...ports, clock, disk, doors: answering }, place, 'pump');
  await time.runUntil(1_000);
  t.deepEqual(await logs, { text: 'old\ngathered\n' });
  t.deepEqual(asked, ['{"ask":"write-log","application":"pump"}']);
  const alone = await applicationLogs({ ...ports, clock, disk }, place, 'pump');
  t.is(alone.text, 'old\ngathered\n');
  t.regex(alone.lack!, /the agent does not answer at \/state\/agent\.sock/);
});

test('diagnose() says where a device stands and what happened to it, and nothing that its applications publish, print or were told', async (t) => {
  const ship = await proved();
  const { disk } = ship;
  ship.link.set(false);
  await ship.run(3_600);
  const told = readStatus(disk, '/state')!;
  const [gauge, ...others] = told.report.applications;
  const secret = 'hunter2';
  const facts = { password: { value: secret, at: told.report.at } };
  const waiting = {
    to: 'activate' as const,
    code: 'WHEN',
    message: 'waits',
    seen: [{ name: 'facts.x', value: secret }],
  };
  const applications = [{ ...gauge!, facts, lines: [secret] }, ...others];
  writeStatus(disk, '/state', { ...told, report: { ...told.report, waiting, applications } });
  disk.makeDirectory('/state/runtime/logs');
  appendToLog(disk, '/state/runtime/logs', gauge!.name, Buffer.from(secret));
  const files = disk.allFiles();
  const ports = { clock: ship.time.clock({ alive: true }), disk };
  const diagnosis = diagnose(ports, '/state', true);
  t.false(JSON.stringify(diagnosis).includes(secret));
  t.like(diagnosis, {
    ...{ kind: 'Diagnosis', isRunning: true, boots: 1, status: { report: { phase: 'active' } } },
    journal: { engine: { state: 'active' }, highest: { sequence: told.report.highestSequence } },
  });
  t.deepEqual(
    (diagnosis.logbook as readonly { code: string }[]).map(({ code }) => code),
    ['LINK_LOST'],
  );
  t.is((diagnosis.rooms as Readonly<Record<string, RoomUse>>).logs!.files, 1);
  t.true((diagnosis.rooms as Readonly<Record<string, RoomUse>>).modules!.bytes > 0);
  t.deepEqual(disk.allFiles(), files);
  t.is((diagnose(ports, '/state', true) as Diagnosis).boots, 1, 'to look is no boot');
});

test('diagnose() tells what a failing disk does not give, and the rest', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  disk.freeBytes = () => {
    throw new DiskError('IO', '/state', 'input/output error');
  };
  const diagnosis = diagnose({ clock: new SimTime(0).clock({ alive: true }), disk }, '/state', false);
  t.like(diagnosis, { status: null, boots: 0, clock: { signed: null }, logbook: [] });
  t.deepEqual(diagnosis.freeBytes, { unreadable: '/state: input/output error' });
});
