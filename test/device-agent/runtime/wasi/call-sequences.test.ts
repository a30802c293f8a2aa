/** Sequences of calls by chance, held against a model of what preview 1 says of descriptors and of poll_oneoff. */
import test from 'ava';
import fc from 'fast-check';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { emptyInput, outputTo } from '../../../../device-agent/runtime/primitives/streams.ts';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import { right } from '../../../../device-agent/runtime/wasi/rights.ts';
import { type Guest, granted, newGuest, open, read } from './guest.ts';

const content = '0123456789';
const fileAsked = right.read | right.seek | right.tell;

type Kind = 'input' | 'output' | 'directory' | 'file' | 'socket';

/** What a number stands for; two numbers never stand for one. */
interface Entry {
  readonly kind: Kind;
  position: number;
  rights: bigint;
}

function newScene() {
  const connection = { input: emptyInput, output: outputTo(() => {}), shutdown: () => {}, close: () => {} };
  const guest = newGuest({
    directories: { '/data': granted(memoryDirectory({ file: new TextEncoder().encode(content) })) },
    sockets: [connection],
  });
  return { guest, table: new Map<number, Entry>() };
}

type Scene = ReturnType<typeof newScene>;

const kinds: readonly Kind[] = ['input', 'output', 'output', 'directory', 'socket'];

/** Learns what is open at first: what it is, and its rights. */
function learn({ guest, table }: Scene): void {
  for (const [number, kind] of kinds.entries()) {
    guest.call('fd_fdstat_get', number, 0);
    table.set(number, { kind, position: 0, rights: guest.view().getBigUint64(8, true) });
  }
}

/** One call: makes it, and says what the model expects and what came. */
type Step = (scene: Scene) => readonly [expected: unknown, seen: unknown];

/** What a call on this number answers that needs these rights, where it is of that kind. */
function refusal(entry: Entry | undefined, needed: bigint): number {
  if (entry === undefined) return errno.badDescriptor;
  return (entry.rights & needed) === needed ? errno.success : errno.notCapable;
}

const openFile: Step = ({ guest, table }) => {
  const free = [...Array(table.size + 1).keys()].find((number) => !table.has(number))!;
  const directory = [...table].find(([, { kind }]) => kind === 'directory')?.[0];
  const parent = directory === undefined ? undefined : table.get(directory);
  const { error, descriptor } = open(guest, 'file', { directory: directory ?? 99, rights: fileAsked, inheriting: 0n });
  const expected = refusal(parent, right.open);
  if (expected !== errno.success) return [expected, error];
  table.set(free, { kind: 'file', position: 0, rights: fileAsked });
  return [`0 ${free}`, `${error} ${descriptor}`];
};

const close = (number: number): Step => {
  return ({ guest, table }) => {
    const expected = table.delete(number) ? errno.success : errno.badDescriptor;
    return [expected, guest.call('fd_close', number)];
  };
};

const renumber = (from: number, to: number): Step => {
  return ({ guest, table }) => {
    const [moved, replaced] = [table.get(from), table.get(to)];
    const isThere = moved !== undefined && replaced !== undefined;
    if (isThere && from !== to) {
      table.delete(from);
      table.set(to, moved);
    }
    return [isThere ? errno.success : errno.badDescriptor, guest.call('fd_renumber', from, to)];
  };
};

const seek = (number: number, to: number): Step => {
  return ({ guest, table }) => {
    const entry = table.get(number);
    const error = guest.call('fd_seek', number, BigInt(to), 0, 0);
    if (entry?.kind !== 'file') {
      const other = entry?.kind === 'directory' ? errno.isDirectory : errno.illegalSeek;
      return [entry === undefined ? errno.badDescriptor : other, error];
    }
    const expected = refusal(entry, right.seek);
    if (expected === errno.success) entry.position = to;
    return [expected, error];
  };
};

const readSome = (number: number, length: number): Step => {
  return ({ guest, table }) => {
    const entry = table.get(number);
    const expected = refusal(entry, right.read);
    const { error, text } = read(guest, number, length);
    if (expected !== errno.success || entry?.kind !== 'file') return [expected, error];
    const there = content.slice(entry.position, entry.position + length);
    entry.position += there.length;
    return [`0 ${there}`, `${error} ${text}`];
  };
};

const setRights = (number: number, rights: bigint): Step => {
  return ({ guest, table }) => {
    const entry = table.get(number);
    const isMore = entry !== undefined && (rights & ~entry.rights) !== 0n;
    const error = guest.call('fd_fdstat_set_rights', number, rights, 0n);
    if (entry === undefined) return [errno.badDescriptor, error];
    if (!isMore) entry.rights = rights;
    return [isMore ? errno.notCapable : errno.success, error];
  };
};

const shutDown = (number: number): Step => {
  return ({ guest, table }) => {
    const entry = table.get(number);
    const error = guest.call('sock_shutdown', number, 3);
    if (entry !== undefined && entry.kind !== 'socket') return [errno.notSocket, error];
    return [refusal(entry, right.shutdown), error];
  };
};

const aNumber = fc.oneof(fc.nat(7), fc.constantFrom(-1, 255, 256, 2 ** 31 - 1));
const someRights = fc.constantFrom(fileAsked, right.read, right.seek, right.open | right.read, 0n, (1n << 30n) - 1n);
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constant(openFile),
  aNumber.map(close),
  fc.tuple(aNumber, aNumber).map(([from, to]) => renumber(from, to)),
  fc.tuple(aNumber, fc.nat(12)).map(([number, to]) => seek(number, to)),
  fc.tuple(aNumber, fc.nat(5)).map(([number, length]) => readSome(number, length)),
  fc.tuple(aNumber, someRights).map(([number, rights]) => setRights(number, rights)),
  aNumber.map(shutDown),
);

test('a number stands for what was opened under it or moved to it, with the rights that are left, whatever happened before', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 40 }), async (sequence) => {
      const scene = newScene();
      learn(scene);
      for (const [at, step] of sequence.entries()) {
        const [expected, seen] = step(scene);
        if (expected !== seen) throw new Error(`call ${at}: ${seen} instead of ${expected}`);
      }
      await scene.guest.close();
    }),
    { numRuns: 400 },
  );
  t.pass();
});

interface Subscribed {
  readonly kind: 'clock' | 'read' | 'write';
  /** A clock's time from now, or of the clock where it is absolute. */
  readonly ms: number;
  readonly clock: 0 | 1;
  readonly isAbsolute: boolean;
  readonly descriptor: number;
}

/** Standard streams are ready at once; so is what fails. */
const errorOf = ({ kind, descriptor }: Subscribed): number => {
  if (![0, 1, 2, 3].includes(descriptor)) return errno.badDescriptor;
  return (descriptor === 0) === (kind === 'read') && descriptor !== 3 ? errno.success : errno.notCapable;
};

const subscriptionBytes = 48;
const [eventsAt, countAt] = [8192, 16_384];

function subscribe(guest: Guest, at: number, one: Subscribed, now: readonly [number, number]): void {
  const view = guest.view();
  const base = at * subscriptionBytes;
  view.setBigUint64(base, BigInt(at + 1000), true);
  view.setUint8(base + 8, { clock: 0, read: 1, write: 2 }[one.kind]);
  view.setUint32(base + 16, one.kind === 'clock' ? one.clock : one.descriptor, true);
  if (one.kind !== 'clock') return;
  const timeMs = BigInt(one.isAbsolute ? now[one.clock]! : 0) + BigInt(one.ms);
  view.setBigUint64(base + 24, BigInt.asUintN(64, timeMs * 1_000_000n), true);
  view.setUint16(base + 40, one.isAbsolute ? 1 : 0, true);
}

const subscribed: fc.Arbitrary<Subscribed> = fc.record({
  kind: fc.constantFrom('clock', 'clock', 'read', 'write'),
  ms: fc.oneof(fc.nat(200_000), fc.constantFrom(0, 1, 60_000, 2 ** 43)),
  clock: fc.constantFrom(0, 1),
  isAbsolute: fc.boolean(),
  descriptor: fc.constantFrom(0, 1, 2, 3, 9, -1),
});

test('poll_oneoff() tells of all that are due and of nothing else, in the order that they were asked for', (t) => {
  fc.assert(
    fc.property(fc.array(subscribed, { minLength: 1, maxLength: 30 }), (all) => {
      const guest = newGuest();
      const start = guest.now();
      const now = [start, 0] as const;
      for (const [at, one] of all.entries()) subscribe(guest, at, one, now);
      const dueMs = all.map(({ kind, ms }) => (kind === 'clock' ? ms : 0));
      const least = Math.min(...dueMs);
      // Nobody lives to see the others.
      if (least > 200_000) return;
      if (guest.call('poll_oneoff', 0, eventsAt, all.length, countAt) !== 0) throw new Error('it failed');
      const view = guest.view();
      const seen = Array.from({ length: view.getUint32(countAt, true) }, (_, at) => {
        const base = eventsAt + at * 32;
        return `${view.getBigUint64(base, true)} ${view.getUint16(base + 8, true)} ${view.getUint8(base + 10)}`;
      });
      const expected = all.flatMap((one, at) => {
        if (dueMs[at]! > least) return [];
        const error = one.kind === 'clock' ? errno.success : errorOf(one);
        return [`${at + 1000} ${error} ${{ clock: 0, read: 1, write: 2 }[one.kind]}`];
      });
      if (guest.now() !== start + least) throw new Error(`it took ${guest.now() - start} ms instead of ${least}`);
      if (seen.join() !== expected.join()) throw new Error(`${seen} instead of ${expected}`);
    }),
    { numRuns: 400 },
  );
  t.pass();
});
