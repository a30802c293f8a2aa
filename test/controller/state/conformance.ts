/** What every engine of state must do: one suite, run by the test of each. */
import type { ExecutionContext, SkipFn, TestFn } from 'ava';
import type { Write } from '../../../controller/engine/records.ts';
import { decodeRow, encodeWrite } from '../../../controller/engine/rows.ts';
import type { StatePort, StateRow, StateWrite, TornRow } from '../../../controller/state/state-port.ts';

/** A place where state can be kept; opening it again finds what was kept. */
export interface StatePlace {
  open(): Promise<StatePort>;
  /** Makes it as if it had never been. */
  remove(): Promise<void>;
}

export async function rowsOf(state: StatePort): Promise<string[]> {
  const rows: StateRow[] = [];
  await state.load((row) => {
    rows.push(row);
    return undefined;
  });
  return rows.map(({ room, key, value }) => `${room}/${key}=${value}`).sort();
}

/** What was read, or why it was not. */
export function readText(row: StateRow | TornRow): string {
  return `${row.key}=${'value' in row ? row.value : row.error.code}`;
}

function write(room: string, key: string, value?: string): StateWrite {
  return value === undefined ? { room, key } : { room, key, value };
}

type Check = (t: ExecutionContext, place: StatePlace) => Promise<void>;

const checks: Readonly<Record<string, Check>> = {
  async 'everything that was committed is there after it was closed and opened again'(t, place) {
    const first = await place.open();
    await first.commit([write('device', 'buoy-1', '{"a":1}'), write('device', 'buoy-2', '{}')]);
    await first.commit([write('device', 'buoy-1', '{"a":"Ærø 🚢"}'), write('history', 'buoy-1', '["Ærø 🚢"]')]);
    await first.close();
    const second = await place.open();
    t.deepEqual(await rowsOf(second), ['device/buoy-1={"a":"Ærø 🚢"}', 'device/buoy-2={}']);
    t.deepEqual(await second.read([{ room: 'history', key: 'buoy-1' }]), [
      { room: 'history', key: 'buoy-1', value: '["Ærø 🚢"]' },
    ]);
    await second.close();
  },
  async 'a write without a value takes the row away, and of two writes to one row the later counts'(t, place) {
    const state = await place.open();
    await state.commit([write('a', 'x', '1'), write('a', 'x', '2'), write('a', 'y', '3'), write('a', 'y')]);
    t.deepEqual(await rowsOf(state), ['a/x=2']);
    await state.commit([write('a', 'x'), write('a', 'nothing')]);
    t.deepEqual(await rowsOf(state), []);
    await state.close();
  },
  async 'a write-set is kept whole or not at all'(t, place) {
    const state = await place.open();
    await state.commit([write('a', 'x', '1')]);
    const broken = { room: 'a', key: 'y', value: Symbol('no text') } as unknown as StateWrite;
    await t.throwsAsync(() => state.commit([write('a', 'x', '2'), broken]));
    t.deepEqual(await rowsOf(state), ['a/x=1']);
    await state.commit([write('a', 'z', '3')]);
    t.deepEqual(await rowsOf(state), ['a/x=1', 'a/z=3'], 'and it goes on');
    await state.close();
  },
  async 'write-sets that are asked for at once are kept in the order in which they were asked for'(t, place) {
    const state = await place.open();
    await Promise.all(Array.from({ length: 50 }, (_, n) => state.commit([write('a', 'x', String(n))])));
    t.deepEqual(await rowsOf(state), ['a/x=49']);
    await state.close();
  },
  async 'a document is in no load, and is read as the commits that were asked for before left it'(t, place) {
    const state = await place.open();
    const keys = ['x', 'y', 'z'].map((key) => ({ room: 'envelope', key }));
    const read = async () => (await state.read(keys)).map(readText).sort();
    await state.commit([write('device', 'x', '1'), write('envelope', 'x', '1'), write('envelope', 'y', '2')]);
    t.deepEqual([await rowsOf(state), await read()], [['device/x=1'], ['x=1', 'y=2']]);
    const committing = state.commit([write('envelope', 'x', '3'), write('envelope', 'y'), write('reported', 'z', '4')]);
    t.deepEqual(await read(), ['x=3']);
    await committing;
    t.deepEqual([await state.read([]), await state.read([{ room: 'reported', key: 'x' }])], [[], []]);
    await state.close();
  },
  async 'rows may be written while all are loaded'(t, place) {
    const state = await place.open();
    await state.commit(Array.from({ length: 4_500 }, (_, n) => write('device', `d${n}`, '{}')));
    const seen: string[] = [];
    await state.load(({ key }) => {
      seen.push(key);
      if (seen.length % 500 > 0) return undefined;
      return state.commit([write('device', key, '{"a":1}'), write('history', key, '[]')]);
    });
    t.is(new Set(seen).size, 4_500);
    t.is((await rowsOf(state)).filter((row) => row.endsWith('{"a":1}')).length, 9);
    await state.close();
  },
  async 'what the shore has of channels is read again as it was written'(t, place) {
    const mark = { stream: '0123456789abcdef', segment: 7, index: 4_294_967_295, at: 1_770_000_000_000 };
    const marks: Write = { kind: 'marks', name: 'buoy-1', marks: { 'gauge/readings': mark } };
    const first = await place.open();
    await first.commit([encodeWrite(marks)]);
    await first.close();
    const second = await place.open();
    const read: Write[] = [];
    await second.load((row) => {
      read.push(...decodeRow(row));
      return undefined;
    });
    t.deepEqual(read, [marks]);
    await second.close();
  },
  async 'thousands of rows are written and read in one go'(t, place) {
    const state = await place.open();
    await state.commit(Array.from({ length: 5_000 }, (_, n) => write('device', `d${n}`, JSON.stringify({ n }))));
    t.is((await rowsOf(state)).length, 5_000);
    await state.close();
  },
  async 'whoever loads is handed no further row while it pauses'(t, place) {
    const state = await place.open();
    await state.commit([write('a', 'x', '1'), write('a', 'y', '2'), write('a', 'z', '3')]);
    let pauses = 0;
    let isPausing = false;
    await state.load(async () => {
      t.false(isPausing);
      isPausing = true;
      await new Promise((resolve) => setImmediate(resolve));
      isPausing = false;
      pauses += 1;
    });
    t.is(pauses, 3);
    await state.close();
  },
};

/** Declares the suite for one engine. */
export function conforms(test: TestFn | SkipFn, engine: string, openPlace: () => Promise<StatePlace>): void {
  for (const [sentence, check] of Object.entries(checks)) {
    test(`${engine}: ${sentence}`, async (t) => {
      const place = await openPlace();
      try {
        await check(t, place);
      } finally {
        await place.remove();
      }
    });
  }
}
