/**
 * An application that testifies to itself: each instance draws a name when it starts and prints it again and again. Where two
 * instances ever run at the same time, their names take turns in the log.
 */
import { readLog } from '../../device-agent/runtime/log-file.ts';
import { stateLayout } from '../../device-agent/state-layout.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { buildModule, op, word } from '../device-agent/runtime/module-builder.ts';

const nameAt = 64;
const nameLetters = 12;
const subscriptionAt = 128;
const eventAt = 256;
const intervalNs = 100_000_000;

const i32And = [0x71];
const i32Add = [0x6a];
const load8 = [0x2d, 0x00, 0x00];
const store8 = [0x3a, 0x00, 0x00];

/** A random byte as one of the letters a to p. */
const letter = (at: number): number[][] => [
  ...[op.i32(at), op.i32(at), load8],
  ...[op.i32(15), i32And, op.i32(97), i32Add, store8],
];

/** The module; its lines begin with `version`. */
export function witnessModule(version: string): Uint8Array {
  const prefix = `${version} `;
  const end = nameAt + prefix.length + nameLetters;
  const letters = Array.from({ length: nameLetters }, (_, index) => letter(nameAt + prefix.length + index)).flat();
  const write = [op.i32(1), op.i32(0), op.i32(1), op.i32(8), op.call(0), op.drop];
  const sleep = [op.i32(subscriptionAt), op.i32(eventAt), op.i32(1), op.i32(12), op.call(2), op.drop];
  return buildModule({
    imports: [
      { name: 'fd_write', params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' },
      { name: 'random_get', params: ['i32', 'i32'], result: 'i32' },
      { name: 'poll_oneoff', params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' },
    ],
    functions: {
      _start: [
        ...[op.i32(nameAt + prefix.length), op.i32(nameLetters), op.call(1), op.drop],
        ...letters,
        op.loop(...write, ...sleep),
      ],
    },
    data: {
      0: [...word(nameAt), ...word(end + 1 - nameAt)],
      [nameAt]: prefix,
      [end]: '\n',
      // A subscription: tag 0 (clock) at 8, clock 1 (monotonic) at 16, the timeout at 24.
      [subscriptionAt + 16]: word(1),
      [subscriptionAt + 24]: word(intervalNs),
    },
  });
}

/** One instance and how many lines of it are in the log without another's in between. */
export interface Testimony {
  readonly instance: string;
  readonly lines: number;
}

/** What the log of a device's application `witness` says, oldest first. */
export function testimonies(stateDirectory: string): Testimony[] {
  const lines = (readLog(nodeDisk, stateLayout(stateDirectory).logDirectory, 'witness') ?? '').split('\n');
  const told: { instance: string; lines: number }[] = [];
  // A line that a kill cut in two, or one of the agent's own, is no testimony.
  for (const line of lines) {
    const [, instance] = / out (\S+ [a-p]{12})$/.exec(line) ?? [];
    if (instance === undefined) continue;
    const last = told.at(-1);
    if (last?.instance === instance) last.lines += 1;
    else told.push({ instance, lines: 1 });
  }
  return told;
}
