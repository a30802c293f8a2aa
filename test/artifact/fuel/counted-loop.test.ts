import test from 'ava';
import { roundsOf } from '../../../artifact/fuel/counted-loop.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';
import { moduleAround } from '../wasm/sample-modules.ts';
import { moduleOf } from './arbitrary-programs.ts';
import { runMetered } from './metered-run.ts';

const [loop, end, again] = [[0x03, 0x40], [0x0b], [0x0d, 0]];
const block = [0x02, 0x40];
const i32 = (value: number): number[] => [0x41, value & 127];
const i64 = (value: number): number[] => [0x42, value & 127];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const [add, subtract, notEqual, lessThan] = [[0x6a], [0x6b], [0x47], [0x48]];

function rounds(front: readonly number[][], ...inside: readonly number[][]): number | undefined {
  const bytes = Uint8Array.from([...front.flat(), ...loop, ...inside.flat(), ...end]);
  return roundsOf(new InstructionCursor(bytes, wasmLimits), 0, front.flat().length);
}

test('the rounds of a loop are known where its counter begins, steps and ends with constants', (t) => {
  const up = [get(0), i32(2), add, tee(0), i32(20), notEqual, again];
  t.is(rounds([i32(0), set(0)], ...up), 10);
  t.is(rounds([i32(-4), tee(0), set(1)], ...up), 12);
  t.is(rounds([i32(7), set(0)], get(0), i32(1), subtract, tee(0), again), 7);
  t.is(
    rounds([i32(9), set(0)], get(0), i32(-3), add, set(0), block, get(1), again, end, get(0), i32(0), notEqual, again),
    3,
  );
  t.is(rounds([i64(0), set(0)], get(0), i64(5), [0x7c], tee(0), i64(15), [0x52], again), 3);
});

test('the rounds of a loop are not known where anything else may decide', (t) => {
  const front = [i32(0), set(0)];
  const step = [get(0), i32(2), add, set(0)];
  const up = [...step, get(0), i32(20), notEqual, again];
  t.is(rounds(front, ...up), 10);
  t.is(rounds([], ...up), undefined, 'it begins with what it is');
  t.is(rounds([...front, get(1), set(0)], ...up), undefined, 'it begins with another local');
  t.is(rounds([i32(1), set(0)], ...up), undefined, 'it misses its end');
  t.is(rounds([i32(20), set(0)], ...up), undefined, 'it goes all around');
  t.is(rounds(front, ...step, ...up), undefined, 'it changes twice');
  t.is(
    rounds(front, block, get(1), again, ...step, end, get(0), i32(20), notEqual, again),
    undefined,
    'it may not change',
  );
  t.is(rounds(front, ...step, get(0), get(1), notEqual, again), undefined, 'its end may be anything');
  t.is(rounds(front, ...step, get(0), i32(20), lessThan, again), undefined, 'its end may lie between');
  t.is(rounds(front, get(1), again, ...up), undefined, 'it may go back before');
  t.is(rounds(front, get(1), [0x0d, 1], ...up), undefined, 'it may be left before');
  t.is(rounds(front, block, [0x0f], end, ...up), undefined, 'the function may be left');
  t.is(rounds(front, ...up, get(1), set(2)), undefined, 'something stands behind the branch back');
});

test('a loop whose rounds are known pays for them before the first', (t) => {
  const round = [get(0), i32(1), [0x36, 2, 0], get(0), i32(4), add, tee(0), i32(40), notEqual, again];
  const module = moduleAround([i32(0), set(0), loop, ...round, end].flat());
  const run = (fuel: bigint) => {
    const { exports, meter } = runMetered(module, { fuel });
    let message = 'it returned';
    try {
      (exports.f as () => void)();
    } catch (error) {
      message = (error as Error).message;
    }
    return { message, left: meter.left.value };
  };
  // Ten rounds of ten units, and two in front.
  t.deepEqual(run(1000n), { message: 'it returned', left: 898n });
  t.deepEqual(run(50n), { message: 'unreachable', left: -52n });
});

test('a loop in which the host may see the fuel pays for each round by itself', (t) => {
  const host = { kind: 'host', number: 0, body: [], other: [] };
  const module = moduleOf([[{ kind: 'loop', number: 7, body: [host], other: [] }]], false);
  const left: bigint[] = [];
  const { exports, meter } = runMetered(module, {}, { host: { seen: () => left.push(meter.left.value) } });
  (exports.run as (argument: number) => number)(0);
  t.deepEqual(
    left.slice(1).map((now, round) => left[round]! - now),
    [9n, 9n, 9n],
  );
});
