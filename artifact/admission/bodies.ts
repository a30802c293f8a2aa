import { frameProblem } from '../fuel/frame.ts';
import { sectionId } from '../wasm/module.ts';
import { ByteReader } from '../wasm/read/bytes.ts';
import { readFunctionBody } from '../wasm/read/code.ts';
import { sectionOf } from '../wasm/read/module.ts';
import { BodyMeter } from './body-meter.ts';
import type { Hearing } from './hearing.ts';
import type { ModuleTypes } from './module-types.ts';

/** Judges what compiling each body would cost, and all of them. */
export function judgeBodies(hearing: Hearing, types: ModuleTypes): void {
  const { binary, limits, reading, problems } = hearing;
  const section = sectionOf(binary, sectionId.code);
  if (section === undefined) return;
  const reader = new ByteReader(binary.bytes, section.payload, section.end, reading);
  const meter = new BodyMeter(binary.bytes, reading, limits.nestingMax, types);
  const count = reader.count();
  let index = types.functionCount - count;
  let merges = 0;
  for (let left = count; left > 0; left--, index++) {
    const body = readFunctionBody(reader);
    const length = body.end - body.start;
    if (length > limits.bodyBytesMax) {
      problems.add('TOO_LARGE', body.start, `function ${index} has ${length} bytes, ${atMost(limits.bodyBytesMax)}`);
      continue;
    }
    meter.measure(body, types.typeOfFunction(index));
    if (meter.nesting > limits.nestingMax) {
      problems.add('TOO_DEEP', body.start, `function ${index} nests blocks deeper than ${limits.nestingMax}`);
    }
    if (meter.merges > limits.bodyMergesMax) {
      const what = `function ${index} has many branches among many values (${meter.locals} locals)`;
      problems.add('COSTS_TOO_MUCH', body.start, `${what}: ${copies(meter.merges)}, ${atMost(limits.bodyMergesMax)}`);
    }
    const frame = frameProblem(index, meter.frameBytes);
    if (frame !== undefined) problems.add('TOO_LARGE', body.start, frame);
    const size = meter.size.problem(index);
    if (size !== undefined) problems.add('TOO_LARGE', body.start, size);
    merges += meter.merges;
  }
  reader.finish();
  if (merges > limits.moduleMergesMax) {
    const message = `its functions have many branches among many values: ${copies(merges)}, ${atMost(limits.moduleMergesMax)}`;
    problems.add('COSTS_TOO_MUCH', section.start, message);
  }
}

const copies = (merges: number): string => `compiling copies them ${merges} times`;
const atMost = (max: number): string => `at most ${max} can run`;
