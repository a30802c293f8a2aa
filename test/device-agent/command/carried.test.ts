/** What lies on a stick as the unit takes it that nobody looks on at: the command, with a whole agent behind it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type CarriedPorts, takeCarried } from '../../../device-agent/command/carried.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { DiskError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { Receipt } from '../../../schemas/generated/types.ts';
import { proveReceipt } from '../../../schemas/receipt.ts';
import { bundleOf } from '../carried/carried-bundle.ts';
import type { Ship } from '../ship.ts';
import { gauge1, gauge2, horn1, proved } from '../update/proved-ship.ts';

const stick = '/media/fleet';
const socket = '/state/agent.sock';
const { signal } = new AbortController();

/** A device without a link, and its stick. */
async function scene() {
  const ship = await proved();
  ship.link.set(false);
  ship.disk.makeDirectory(stick);
  const put = (name: string, bytes: Uint8Array, at = 0): void => {
    using file = ship.disk.open(`${stick}/${name}`, 'write');
    file.write(at, bytes);
  };
  return { ship, put };
}

/** Has it taken; whether all was well, and what was told. */
async function take(ship: Ship, change: Partial<CarriedPorts> = {}) {
  const told: string[] = [];
  const clock = ship.time.clock({ alive: true });
  const ports = { doors: ship.doors, disk: ship.disk, clock, signal, print: (line: string) => told.push(line) };
  const taking = takeCarried({ ...ports, ...change }, socket, stick).catch((error: Error) => error.message);
  await ship.run(120);
  return { isWell: await taking, told };
}

test('of what lies on a stick the newest for this device is taken, and its receipt is left there', async (t) => {
  const { ship, put } = await scene();
  const { shore } = ship;
  const newest = bundleOf(shore, { sequence: 3, apps: [gauge2, horn1] });
  put('1.bundle', bundleOf(shore, { sequence: 2, apps: [gauge1] }));
  put('2.bundle', newest);
  put('3.bundle', newest.subarray(0, 100));
  put('4.bundle', bundleOf(shore, { sequence: 9, apps: [gauge1], devices: ['berta'] }));
  put('5.bundle', Buffer.from('a holiday photo, which is longer than the head of a bundle'));
  put('._2.bundle', Buffer.from('what a Mac leaves of each file that it copies'));
  const { isWell, told } = await take(ship);
  t.false(isWell, 'somebody should look at what is no bundle');
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  t.deepEqual(told.slice(0, -1), [
    `${stick}/3.bundle ends after 100 bytes of what is to come: it was not copied whole; copy it again (BUNDLE_PARTIAL)`,
    `${stick}/5.bundle is no bundle of this version of fleet (BUNDLE_NONE)`,
    `anna has all of deployment 3; ${stick}/2.bundle is not needed any more.`,
  ]);
  t.regex(told.at(-1)!, /^\/media\/fleet\/receipts\/anna\.receipt has what anna says of itself, /);
  const [line = ''] = Buffer.from(ship.disk.readFile(`${stick}/receipts/anna.receipt`))
    .toString()
    .split('\n');
  t.is(proveReceipt(JSON.parse(line) as Receipt)?.device, 'anna');
});

test('a newest bundle that is not what it claims stands in the way of no older one; plugged in again the stick is no harm', async (t) => {
  const { ship, put } = await scene();
  const { shore } = ship;
  const damaged = bundleOf(shore, { sequence: 3, apps: [gauge2] });
  damaged[damaged.length - 1]! ^= 1;
  put('new.bundle', damaged);
  put('old.bundle', bundleOf(shore, { sequence: 2, apps: [gauge2, horn1] }));
  const first = await take(ship);
  t.regex(first.told[0]!, /BUNDLE_DAMAGED/);
  t.false(first.isWell);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  ship.disk.remove(`${stick}/new.bundle`);
  const { isWell, told } = await take(ship);
  t.true(isWell);
  t.is(told[0], 'anna has deployment 2 already; nothing is to be done.');
});

test('a bundle that is being copied is waited for, as long as it grows', async (t) => {
  const { ship, put } = await scene();
  const bytes = bundleOf(ship.shore, { sequence: 2, apps: [gauge2, horn1] });
  const step = Math.ceil(bytes.length / 10);
  for (let n = 0; n < 10; n += 1)
    ship.time.at(ship.time.now + 1 + n * 4_000, () =>
      put('a.bundle', bytes.subarray(n * step, (n + 1) * step), n * step),
    );
  await ship.run(1);
  const { isWell, told } = await take(ship);
  t.true(isWell, told.join('\n'));
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('what comes while something else is taken is taken too, but for what is older', async (t) => {
  const { ship, put } = await scene();
  const { shore } = ship;
  put('b.bundle', bundleOf(shore, { sequence: 3, apps: [gauge1] }));
  const newest = bundleOf(shore, { sequence: 4, apps: [gauge2, horn1] });
  const older = bundleOf(shore, { sequence: 2, apps: [gauge1] });
  const { isWell, told } = await take(ship, {
    doors: {
      ask: (path, line) => {
        if (line.includes('b.bundle')) put('c.bundle', newest);
        if (line.includes('c.bundle')) put('a.bundle', older);
        return ship.doors.ask(path, line);
      },
    },
  });
  t.true(isWell, told.join('\n'));
  t.deepEqual(
    told.slice(0, -1).map((line) => /deployment \d/.exec(line)?.[0]),
    ['deployment 3', 'deployment 4'],
  );
});

test('a bundle that somebody applies meanwhile is waited for, and of one that is refused the name is told', async (t) => {
  const { ship, put } = await scene();
  put('a.bundle', bundleOf(ship.shore, { sequence: 2, apps: [gauge2, horn1] }));
  put('b\u001b.bundle', bundleOf(ship.shore, { sequence: 3, apps: [gauge2, horn1] }));
  let busy = 3;
  const ask = (path: string, line: string): Promise<string> =>
    line.includes('a.bundle') && busy-- > 0
      ? Promise.resolve(
          JSON.stringify({ kind: 'refused', code: 'BUNDLE_BUSY', message: 'another bundle is being taken' }),
        )
      : ship.doors.ask(path, line);
  const { told } = await take(ship, { doors: { ask } });
  t.true(told[0]!.startsWith(`${stick}/b\u001b.bundle is not taken: "file" must be`), told[0]);
  t.is(told[1], `anna has all of deployment 2; ${stick}/a.bundle is not needed any more.`);
});

test('a stick that is pulled half-way changes nothing, and says so; one that nobody may write on gets no receipt', async (t) => {
  const { ship, put } = await scene();
  put('a.bundle', bundleOf(ship.shore, { sequence: 2, apps: [gauge2, horn1] }));
  const file = `${stick}/a.bundle`;
  const pulled = await take(ship, {
    doors: {
      ask: (path, line) => {
        if (line.includes('"apply"')) ship.disk.spoil(file);
        return ship.doors.ask(path, line);
      },
    },
  });
  t.false(pulled.isWell);
  t.regex(pulled.told[0]!, /BUNDLE_UNREADABLE/);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  ship.disk.remove(file);
  ship.disk.remove(`${stick}/receipts`);
  const makeDirectory = (path: string): void => {
    throw new DiskError('NOT_PERMITTED', path, 'read-only file system');
  };
  const { stat, list } = { stat: ship.disk.stat.bind(ship.disk), list: ship.disk.list.bind(ship.disk) };
  const { isWell, told } = await take(ship, { disk: { stat, list, makeDirectory } as CarriedPorts['disk'] });
  t.true(isWell, 'it may be meant so');
  t.deepEqual(told, [
    `${stick} has no bundle for anna.`,
    `No receipt is left: ${stick}/receipts: read-only file system`,
  ]);
});

test('an agent that is starting is waited for a minute, and one that is not there is told', async (t) => {
  const { ship } = await scene();
  let asked = 0;
  const ask = (path: string, line: string): Promise<string> =>
    ++asked < 30 ? Promise.reject(new Error('connect ENOENT')) : ship.doors.ask(path, line);
  t.true((await take(ship, { doors: { ask } })).isWell);
  const never = await take(ship, { doors: { ask: () => Promise.reject(new Error('connect ENOENT')) } });
  t.regex(String(never.isWell), /the agent does not answer at \/state\/agent\.sock/);
});

test('nothing of a stick is followed: not a link to a file, nor one in the place of the receipts', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-stick-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const [mounted, elsewhere] = [join(directory, 'stick'), join(directory, 'state')];
  for (const one of [mounted, elsewhere, join(mounted, 'folder.bundle')]) mkdirSync(one);
  writeFileSync(join(elsewhere, 'secret'), 'x'.repeat(100));
  symlinkSync(join(elsewhere, 'secret'), join(mounted, 'link.bundle'));
  symlinkSync('/dev/zero', join(mounted, 'zero.bundle'));
  symlinkSync('round.bundle', join(mounted, 'round.bundle'));
  symlinkSync(elsewhere, join(mounted, 'receipts'));
  const asked: string[] = [];
  const told: string[] = [];
  const ask = async (_path: string, line: string): Promise<string> => {
    asked.push(JSON.parse(line).ask);
    return JSON.stringify({ kind: 'bundle', device: 'anna', bundle: { kind: 'none' } });
  };
  const clock = new SimTime(0).clock({ alive: true });
  const print = (line: string): void => void told.push(line);
  t.false(await takeCarried({ doors: { ask }, disk: nodeDisk, clock, signal, print }, socket, mounted));
  t.deepEqual(asked, ['bundle']);
  t.deepEqual(told, [
    ...['folder', 'link'].map((name) => `${mounted}/${name}.bundle is no plain file: it is left alone.`),
    `${mounted}/round.bundle: too many symbolic links encountered`,
    `${mounted}/zero.bundle is no plain file: it is left alone.`,
    `${mounted} has no bundle for anna.`,
    `No receipt is left: ${mounted}/receipts is a link, which is not followed`,
  ]);
  t.deepEqual(readdirSync(elsewhere), ['secret']);
});
