/** Modules that are linked: one that calls `codec.f` again and again, and some that it may be linked to. */
import { buildModule, op, word } from './module-builder.ts';

const add = 0x6a;
const and = [0x71];
const load8 = [0x2d, 0, 0];
const store8 = [0x3a, 0, 0];
const four = ['i32', 'i32', 'i32', 'i32'] as const;
const counterAt = 760;
const lineAt = 768;
const asked = 40;
const calls = [
  { name: 'poll_oneoff', params: four, result: 'i32' },
  { name: 'fd_write', params: four, result: 'i32' },
  { module: 'codec', name: 'f', params: ['i32'], result: 'i32' },
] as const;

/** Every 10 ms a line: the next of 32 letters from `A` on for as long as its memory lives, then what `codec.f` makes of 40. */
export const caller = buildModule({
  imports: calls,
  functions: {
    _start: [
      op.loop(
        [op.i32(0), op.i32(128), op.i32(1), op.i32(256), op.call(0), op.drop].flat(),
        [op.i32(counterAt), op.i32(counterAt), load8, op.i32(1), [add], store8].flat(),
        [op.i32(lineAt), op.i32(counterAt), load8, op.i32(31), and, op.i32(64), [add], store8].flat(),
        [op.i32(lineAt + 1), op.i32(asked), op.call(2), store8].flat(),
        [op.i32(1), op.i32(512), op.i32(1), op.i32(520), op.call(1), op.drop].flat(),
      ),
    ],
  },
  data: {
    16: [...word(1), ...word(0), ...word(10_000_000), ...word(0)],
    512: [...word(lineAt), ...word(3)],
    [lineAt]: [0, 0, 10],
  },
});

/** Whether the letters of its lines, with `P` or `@` behind them, come one after the other from the first on. */
export function isCounting(lines: string): boolean {
  const letters = [...lines.matchAll(/(.)[P@]$/gm)].map(([, letter]) => letter!.charCodeAt(0) & 31);
  return letters.length > 1 && letters.every((letter, at) => letter === (at + 1) % 32);
}

const sized = (bytes: readonly number[]): number[] => [bytes.length, ...bytes];
const text = (value: string): number[] => sized([...Buffer.from(value)]);
const section = (id: number, ...items: number[][]): number[] => [id, ...sized([items.length, ...items.flat()])];

/** A library that exports `f`, with that body over its parameter, and runs `initialize` when it is started. */
export function provider(body: readonly number[], initialize: readonly number[] = []): Uint8Array {
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, 1, 0x7f, 1, 0x7f], [0x60, 0, 0]),
    ...section(3, [0], [1]),
    ...section(7, [...text('f'), 0, 0], [...text('_initialize'), 0, 1]),
    ...section(10, sized([0, ...body, 0x0b]), sized([0, ...initialize, 0x0b])),
  ]);
}

const parameter = [0x20, 0];

/** Gives `P`. */
export const adder = provider([...parameter, ...parameter, add]);
/** Gives `@`. */
export const multiplier = provider([...parameter, ...parameter, 0x6c]);
/** Never gives anything. */
export const spinner = provider([...op.loopForever, ...op.unreachable]);
/** Its start never ends. */
export const endlessStarter = provider([...parameter], op.loopForever);
/** Its start traps. */
export const trappingStarter = provider([...parameter], op.unreachable);

const copies = ['read', 'write'].map((name) => ({
  ...{ module: 'fleet:caller', name },
  params: ['i32', 'i32', 'i32'] as const,
}));
const [kept, changed] = [100, 101];

/** A library with a memory of its own: `f` reads bytes of its caller, does something, and gives the first that it read. */
const reader = (from: number, bytes: number, ...then: number[][]): Uint8Array =>
  buildModule({
    imports: copies,
    functions: { f: [op.i32(kept), op.i32(from), op.i32(bytes), op.call(0), ...then, op.i32(kept), load8] },
    signatures: { f: { params: ['i32'], result: 'i32' } },
  });

/** Gives the letter in its caller's line. */
export const echo = reader(lineAt, 1);
/** Gives it too, and makes it a small one where it read it. */
export const lowering = reader(
  ...([lineAt, 1] as const),
  [op.i32(changed), op.i32(kept), load8, op.i32(32), [0x72], store8].flat(),
  [op.i32(lineAt), op.i32(changed), op.i32(1), op.call(1)].flat(),
);
/** Reads beyond the end of its caller's memory. */
export const outOfBounds = reader(65_535, 2);
