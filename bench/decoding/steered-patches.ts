import { packBrotli, unpackBrotli } from '../../artifact/delta/brotli.ts';
import { Predictor } from '../../artifact/delta/coding/predictor.ts';
import { ByteCodec, byteSets } from '../../artifact/delta/difference/byte-codec.ts';
import { counterBits as differenceBits } from '../../artifact/delta/difference/code.ts';
import { DeltaError } from '../../artifact/delta/error.ts';
import { workMax } from '../../artifact/delta/limits.ts';
import { CodeCodec, scratchBytes } from '../../artifact/delta/module/code-codec.ts';
import { type CodeRange, codeRangeOf } from '../../artifact/delta/module/code-section.ts';
import { counterBits } from '../../artifact/delta/module/coding-limits.ts';
import { numberBytes, PayloadReader, restWays } from '../../artifact/delta/module/format.ts';
import { codeSets } from '../../artifact/delta/module/instruction-codec.ts';
import { decodeMaps } from '../../artifact/delta/rewrite/maps-format.ts';
import { rewriteModule } from '../../artifact/delta/rewrite/rewrite.ts';
import { WorkBudget } from '../../artifact/delta/work.ts';
import { WasmError } from '../../artifact/wasm/error.ts';
import { SteeredCoder, type Surprise } from './steered-coder.ts';

/** Files that a patch lies between, and how long it may be. */
export interface Lengths {
  readonly old: Uint8Array;
  readonly newBytes: number;
  readonly payloadBytes: number;
}

const budgetOf = ({ old, newBytes, payloadBytes }: Lengths): WorkBudget =>
  new WorkBudget(workMax(old.length, newBytes, payloadBytes));

/** Lets a decoder run until it gives up: what it was led to do until then is the patch. */
function untilRefused(decode: () => void): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof DeltaError || error instanceof WasmError)) throw error;
  }
}

/** The payload of a difference whose decisions are mostly the likely ones. */
export function steeredDifference(lengths: Lengths, surprise: Surprise): Uint8Array {
  const { old, newBytes, payloadBytes } = lengths;
  const coder = new SteeredCoder(surprise, payloadBytes - 1);
  const bytes = new Uint8Array(old.length + newBytes);
  bytes.set(old);
  const predictor = new Predictor(coder, differenceBits, byteSets.total, budgetOf(lengths));
  untilRefused(() => new ByteCodec(predictor, bytes, old.length, bytes.length).code(undefined));
  return Uint8Array.of(0, ...coder.coded());
}

/** The maps at the head of a payload, packed as they travel, and the old module that they make. */
export interface RewrittenOld {
  readonly head: Uint8Array;
  readonly bytes: Uint8Array;
  readonly code: CodeRange;
}

/** Reads the maps of an honest payload and rewrites the old module by them. */
export function rewrittenOld(old: Uint8Array, newBytes: number, payload: Uint8Array): RewrittenOld {
  const reader = new PayloadReader(payload);
  const size = reader.number();
  const packed = reader.take(reader.number());
  const { bytes } = rewriteModule(old, decodeMaps(unpackBrotli(packed, size), old.length, newBytes));
  const head = Uint8Array.from([...numberBytes(size), ...numberBytes(packed.length), ...packed]);
  return { head, bytes, code: codeRangeOf(bytes)! };
}

/** Bytes of the new file that lie before its code: all that is not code. */
const codeStart = 8;

/** The payload of a rewritten module around coded bodies: all of the new file is code. */
export function rewrittenPayload(
  { head }: RewrittenOld,
  newBytes: number,
  bodies: number,
  coded: Uint8Array,
): Uint8Array {
  const numbers = [restWays.brotli, codeStart, newBytes - codeStart, bodies, coded.length].flatMap(numberBytes);
  const rest = packBrotli(new Uint8Array(codeStart), 9);
  return Uint8Array.from(Buffer.concat([head, Uint8Array.from(numbers), coded, rest]));
}

/** The payload of a rewritten module whose bodies are mostly the likely ones. */
export function steeredBodies(lengths: Lengths, rewritten: RewrittenOld, surprise: Surprise): Uint8Array {
  const { newBytes, payloadBytes } = lengths;
  const bodies = 2 ** 28;
  const around = rewrittenPayload(rewritten, newBytes, bodies, new Uint8Array()).length + 3;
  const coder = new SteeredCoder(surprise, Math.max(1, payloadBytes - around));
  const base = rewritten.bytes.length;
  const bytes = new Uint8Array(base + newBytes + scratchBytes);
  bytes.set(rewritten.bytes);
  const work = budgetOf(lengths);
  const predictor = new Predictor(coder, counterBits(newBytes), codeSets.total, work);
  untilRefused(() =>
    new CodeCodec(predictor, bytes, rewritten.code.bodies, base + codeStart, base + newBytes, work).code(
      bodies,
      undefined,
    ),
  );
  return rewrittenPayload(rewritten, newBytes, bodies, coder.coded());
}
