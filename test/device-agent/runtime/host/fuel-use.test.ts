import test from 'ava';
import type { FuelTerms } from '../../../../device-agent/runtime/host/fuel-meter.ts';
import { type MadeGuest, runByItself } from '../../../../device-agent/runtime/host/guest.ts';
import { inputOf } from '../../../../device-agent/runtime/primitives/streams.ts';
import { provider } from '../linked-modules.ts';
import { buildModule, op, word } from '../module-builder.ts';
import { type GuestChanges, newThread } from './run-guest.ts';

/** From slices that are over amid everything to one that is never over. */
const slices: readonly FuelTerms[] = [1, 7, 1_000, 50_000, 10_000_000].map((fuelPerSlice) => ({ fuelPerSlice }));

/** What a guest has spent after this work, in each kind of slices. */
async function spentInSlices(bytes: Uint8Array, changes: () => GuestChanges, work: (made: MadeGuest) => Promise<void>) {
  const spent: number[] = [];
  for (const fuel of slices) {
    const { guest } = newThread().guest(bytes, { ...changes(), fuel });
    const end = await guest.work(async (made) => {
      await work(made);
      return { kind: 'resident' } as const;
    });
    if (end?.kind !== 'resident')
      throw new Error(`in slices of ${JSON.stringify(fuel)} it ended: ${JSON.stringify(end)}`);
    spent.push(guest.fuelSpent());
    guest.stop();
  }
  return spent;
}

const runAll = async (made: MadeGuest): Promise<void> => void (await runByItself(made));
const handle = ({ instance, call }: MadeGuest): Promise<unknown> => call(instance.exports.handle as () => void);

const [bufferAt, tableAt, countAt] = [1024, 8, 0];
const words = ['i32', 'i32', 'i32', 'i32'] as const;
const imports = [
  { name: 'fd_read', params: words, result: 'i32' },
  { name: 'fd_write', params: words, result: 'i32' },
  { name: 'random_get', params: ['i32', 'i32'], result: 'i32' },
  { name: 'args_get', params: ['i32', 'i32'], result: 'i32' },
  { module: 'codec', name: 'f', params: ['i32'], result: 'i32' },
] as const;
const local = { get: [0x20, 0], set: [0x21, 0] };

/** Calls a system call with these values. */
const calling = (index: number, ...values: number[]): number[] =>
  [...values.map((value) => op.i32(value)), op.call(index), op.drop].flat();

/** A module whose functions do that, with one vector of so many bytes. */
function moving(bytes: number, functions: Readonly<Record<string, number[][]>>, withLink = false): Uint8Array {
  return buildModule({
    imports: withLink ? imports : imports.slice(0, -1),
    functions,
    pages: 4,
    data: { [tableAt]: [...word(bufferAt), ...word(bytes)] },
  });
}

test('bytes that the host moves for a guest cost one unit for each eight of them, however its fuel is sliced', async (t) => {
  const calls: Readonly<Record<string, (bytes: number) => number[]>> = {
    fd_read: () => calling(0, 0, tableAt, 1, countAt),
    fd_write: () => calling(1, 1, tableAt, 1, countAt),
    random_get: (bytes) => calling(2, bufferAt, bytes),
  };
  for (const [name, call] of Object.entries(calls)) {
    const spent = async (bytes: number): Promise<number> => {
      const [first, ...others] = await spentInSlices(
        moving(bytes, { _initialize: [call(bytes)] }),
        () => ({ stdin: inputOf(new Uint8Array(200_000)) }),
        runAll,
      );
      t.true(
        others.every((one) => one === first),
        `${name}: ${first}, ${others}`,
      );
      return first!;
    };
    const none = await spent(0);
    t.is((await spent(160_000)) - none, 20_000, name);
    t.is((await spent(7)) - none, 0, name);
  }
});

test('what is not there to be read costs nothing, however much room there is for it', async (t) => {
  const read = (bytes: number) => moving(bytes, { _initialize: [calling(0, 0, tableAt, 1, countAt)] });
  const changes = () => ({ stdin: inputOf(new Uint8Array(80)) });
  const [little] = await spentInSlices(read(80), changes, runAll);
  const [much] = await spentInSlices(read(160_000), changes, runAll);
  t.is(much, little);
});

test('a module and what is linked to it spend the same for the same, however their fuel is sliced', async (t) => {
  // codec.f goes round as often as its parameter says.
  const codec = provider([...[0x03, 0x40, ...local.get, ...op.i32(1), 0x6b, 0x22, 0, 0x0d, 0, 0x0b], ...local.get]);
  const rounds = [1, 300, 20_000];
  const linked = moving(
    64,
    {
      _initialize: rounds.map((count) => [
        ...op.i32(count),
        ...op.call(4),
        ...op.drop,
        ...calling(1, 1, tableAt, 1, countAt),
      ]),
    },
    true,
  );
  const [first, ...others] = await spentInSlices(linked, () => ({ links: { codec } }), runAll);
  t.true(first! > 20_301);
  t.deepEqual(
    others,
    others.map(() => first),
  );
});

test('an instance that is kept spends the same on each like event, as much as a fresh one, however its fuel is sliced', async (t) => {
  const evented = moving(4_000, {
    _initialize: [calling(3, bufferAt, bufferAt + 64)],
    handle: [calling(2, bufferAt, 4_000), calling(1, 1, tableAt, 1, countAt)],
  });
  const after = async (events: number): Promise<number> => {
    const [first, ...others] = await spentInSlices(
      evented,
      () => ({}),
      async (made) => {
        await runAll(made);
        for (let event = 0; event < events; event++) await handle(made);
      },
    );
    t.deepEqual(
      others,
      others.map(() => first),
    );
    return first!;
  };
  const [none, one, five] = [await after(0), await after(1), await after(5)];
  t.true(one > none);
  t.is(five - none, 5 * (one - none));
});
