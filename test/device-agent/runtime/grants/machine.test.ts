import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { Connections } from '../../../../device-agent/runtime/grants/connections.ts';
import { machineDirectory } from '../../../../device-agent/runtime/grants/machine-directory.ts';
import {
  grantedPlaces,
  type MachinePlaces,
  sharedLine,
} from '../../../../device-agent/runtime/grants/machine-places.ts';
import { Quota } from '../../../../device-agent/runtime/primitives/quota.ts';
import { FileError } from '../../../../platform/file-handles.ts';
import type { MachinePlace } from '../../../../platform/machine.ts';
import { sttyArguments } from '../../../../platform/node/serial-line.ts';
import { openRuntime, statesWhen } from '../applications.ts';
import { cModule, cTest } from '../c-module.ts';

test('an application gets the places that it asks for and no others; one that is not listed is refused by name', (t) => {
  const listed = { ais: { path: '/dev/ttyS1' }, gps: { path: '/dev/ttyS0' } };
  t.deepEqual(grantedPlaces({ machine: ['gps'] }, listed), { kind: 'granted', places: { gps: listed.gps } });
  t.deepEqual(grantedPlaces({ machine: ['gps', 'radar'] }, listed), {
    kind: 'refused',
    message: 'this machine has no radar: agent.machine lists ais, gps',
  });
  t.like(grantedPlaces({ machine: ['constructor'] }, {}), {
    message: 'this machine has no constructor: agent.machine lists nothing',
  });
});

test('what the machine is asked for is what was granted, whatever name a program says', (t) => {
  const asked: string[] = [];
  const nothingAt = (path: string): never => {
    asked.push(path);
    throw new FileError('no-entry', `there is no ${path}`);
  };
  const machine = {
    look: () => undefined,
    openFile: nothingAt,
    openStream: ({ path }: MachinePlace) => nothingAt(path),
  };
  const quota = new Quota({ bytesMax: 0, entriesMax: 0, openMax: 9 }, { bytes: 0, entries: 0 });
  const places = { gps: { path: '/dev/ttyS0' } };
  const directory = machineDirectory({
    places,
    machine,
    connections: new Connections(),
    quota,
    note: () => {},
    onUngranted: () => undefined,
  });
  const options = { follow: true, create: false, exclusive: false, directory: false, truncate: false };
  for (const name of ['gps', 'constructor', '__proto__', 'toString'])
    t.throws(() => directory.openAt(name, { ...options, read: true, write: false }), { message: /there is no/ }, name);
  t.deepEqual(asked, ['/dev/ttyS0']);
});

test('of a line that one application reads another gets nothing, under whatever name; files and what is only written are shared', (t) => {
  const listed: MachinePlaces = {
    ...{ gps: { path: '/dev/ttyS0' }, nmea: { path: '/dev/ttyS0', access: 'read-write' } },
    ...{ printer: { path: '/dev/ttyS1', access: 'write' }, log: { path: '/var/log/engine.log' } },
  };
  const refusal = (name: string, other: string): string | undefined =>
    sharedLine({ name: 'b', machine: [name] }, [{ name: 'a', machine: [other] }], listed, ({ path }) =>
      /dev/.test(path),
    );
  t.regex(refusal('gps', 'gps') ?? '', /^a reads \/dev\/ttyS0 too, .* write to a channel$/);
  t.regex(refusal('nmea', 'gps') ?? '', /^a reads \/dev\/ttyS0 too/);
  t.is(refusal('printer', 'printer'), undefined);
  t.is(refusal('log', 'log'), undefined);
  t.is(refusal('gps', 'log'), undefined);
});

test('a line is set to pass bytes as they are, with what its terms leave out filled in', (t) => {
  t.is(
    sttyArguments({ baudRate: 4800 }).join(' '),
    'raw -echo clocal cread 4800 cs8 -cstopb -parenb -crtscts -ixon -ixoff',
  );
  t.is(
    sttyArguments({ baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 2, flowControl: 'hardware' }).join(' '),
    'raw -echo clocal cread 9600 cs7 cstopb parenb -parodd crtscts -ixon -ixoff',
  );
});

/** The far end of a line: tells the terms that it sees once it is asked, answers, and is unplugged at the next word. */
const farEnd = `
import os, pty, sys, termios
near, line = pty.openpty()
print(os.ttyname(line), flush=True)
asked = os.read(near, 100).decode().strip()
terms = termios.tcgetattr(line)
print(asked, terms[5] == termios.B4800, bool(terms[3] & (termios.ICANON | termios.ECHO)), flush=True)
os.write(near, b"$GPGGA")
sys.stdin.readline()
os.close(line)
os.close(near)
print("unplugged", flush=True)
sys.stdin.readline()`;

async function openLine(t: ExecutionContext) {
  const child = spawn('python3', ['-c', farEnd], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const said = async (): Promise<string> => (await lines.next()).value as string;
  return { path: await said(), said, unplug: () => void child.stdin.write('\n') };
}

const navigator = `
  char text[100] = {0};
  int line = open("/machine/gps", O_RDWR);
  write(line, "ask\\n", 4);
  int count = read(line, text, 99);
  printf("%.*s\\n", count, text);
  count = read(line, text, 99);
  printf("gone %d %d\\n", count, errno == EIO);
  sleep(600);`;

const listener = `
  char text[100] = {0};
  puts("listens");
  int pipe = open("/machine/engine", O_RDONLY);
  printf("heard %.*s\\n", (int)read(pipe, text, 99), text);
  sleep(600);`;

const clerk = `
  char text[100] = {0};
  FILE *log = fopen("/machine/log", "r");
  fgets(text, 99, log);
  printf("%s", text);
  printf("%d%d%d", open("/machine/log", O_RDWR), open("/machine/gone", O_RDONLY), open("/machine/gps", O_RDONLY));
  printf("%d%d", open("/machine/disk", O_RDONLY), unlink("/machine/log"));
  int value = open("/machine/value", O_WRONLY | O_TRUNC | O_CREAT, 0600);
  printf(" %d\\n", (int)write(value, "1", 1));`;

const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;

(hasPython ? cTest : test.skip)(
  'lines, pipes and files of the machine: who reads where nobody is holds up nobody, and what is unplugged is an I/O error',
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'fleet-machine-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const place = (name: string): string => join(directory, name);
    execFileSync('mkfifo', [place('engine')]);
    for (const name of ['log', 'value']) writeFileSync(place(name), 'oil 82\n');
    const line = await openLine(t);
    const machine: MachinePlaces = {
      gps: { path: line.path, access: 'read-write', serial: { baudRate: 4800 } },
      ...{ engine: { path: place('engine') }, log: { path: place('log') }, gone: { path: place('gone') } },
      ...{ value: { path: place('value'), access: 'write' }, disk: { path: directory } },
    };
    const { runtime, application, logWhen } = openRuntime(t, { machine });
    await runtime.apply([
      application('listener', cModule(listener), { machine: ['engine'] }),
      application('navigator', cModule(navigator), { machine: ['gps'] }),
      application('clerk', cModule(clerk), { machine: ['log', 'gone', 'value', 'disk'] }),
      application('stranger', cModule(clerk), { machine: ['log', 'radar'] }),
      application('thief', cModule(listener), { machine: ['engine'] }),
    ]);
    t.is(await line.said(), 'ask True False');
    await logWhen('navigator', / out \$GPGGA\n/);
    await logWhen('listener', / out listens\n/);
    const clerked = await statesWhen(runtime, ({ clerk: state }) => state === 'completed');
    t.like(clerked, { listener: 'running', navigator: 'running', stranger: 'failed', thief: 'failed' });
    t.is(
      runtime.states().find(({ name }) => name === 'stranger')?.message,
      'this machine has no radar: agent.machine lists gps, engine, log, gone, value, disk',
    );
    const log = await logWhen('clerk', / exited with code/);
    t.regex(log, / out oil 82\n.* out -1-1-1-1-1 1\n/s);
    t.regex(log, / err fleet: gone of the machine \(.*gone\): there is nothing at the moment\n/);
    t.is(readFileSync(place('value'), 'utf8'), '1');
    appendFileSync(place('engine'), 'knock');
    await logWhen('listener', / out heard knock\n/);
    line.unplug();
    t.is(await line.said(), 'unplugged');
    await logWhen('navigator', / out gone -1 1\n/);
    t.like(await statesWhen(runtime, () => true), { listener: 'running', navigator: 'running' });
  },
);
