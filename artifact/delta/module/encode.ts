import { WasmError } from '../../wasm/error.ts';
import { packBrotli } from '../brotli.ts';
import { Predictor } from '../coding/predictor.ts';
import { BitEncoder } from '../coding/range.ts';
import { encodeDifference } from '../difference/code.ts';
import { DeltaError } from '../error.ts';
import type { DeltaMethod } from '../format.ts';
import { mapsBytesMax } from '../limits.ts';
import { type MatchEffort, matchModules } from '../matching/match.ts';
import type { Maps } from '../rewrite/maps.ts';
import { encodeMaps } from '../rewrite/maps-format.ts';
import { type RewrittenModule, rewriteModule } from '../rewrite/rewrite.ts';
import { unboundedWork } from '../work.ts';
import { align, codeOf } from './alignment.ts';
import { type Bodies, CodeCodec, type CodePlan, scratchBytes } from './code-codec.ts';
import { type CodeRange, codeRangeOf, withoutCode } from './code-section.ts';
import { counterBits } from './coding-limits.ts';
import { numberBytes, restWays } from './format.ts';
import { codeSets } from './instruction-codec.ts';
import { OldBody } from './old-body.ts';
import { SimilarBodies } from './similar.ts';

/** A payload and how it is coded. */
export type ModulePayload = { readonly method: DeltaMethod; readonly payload: Uint8Array };

/** What the caller wants: how hard to look for pairs, how hard to pack, and which of the two methods. */
export type ModuleOptions = { readonly effort: MatchEffort; readonly quality: number; readonly light: boolean };

/** The payloads that rewrite the old module; none where one of the files has no module in it. */
export const encodeModule = (old: Uint8Array, fresh: Uint8Array, options: ModuleOptions): ModulePayload[] => {
  const maps = matchModules(old, fresh, options.effort);
  if (maps === undefined) return [];
  const encodedMaps = encodeMaps(maps);
  if (encodedMaps.length > mapsBytesMax(old.length, fresh.length)) return [];
  const rewritten = rewriteModule(old, maps);
  const head = packMaps(encodedMaps);
  const light = (): ModulePayload => {
    const packed = packBrotli(fresh, options.quality, rewritten.bytes);
    return { method: 'light', payload: joined([head, packed]) };
  };
  if (options.light) return [light()];
  const oldCode = codeRangeOf(rewritten.bytes);
  const newCode = codeRangeOf(fresh);
  if (oldCode === undefined || newCode === undefined) return [light()];
  const code = codeBodies(maps, rewritten, oldCode, fresh, newCode);
  if (code === undefined) return [light()];
  const [oldRest, newRest] = [withoutCode(rewritten.bytes, oldCode), withoutCode(fresh, newCode)];
  const difference = encodeDifference(oldRest, newRest);
  const quick = packBrotli(newRest, 5, oldRest);
  const packed =
    difference === undefined || quick.length < 2 * difference.length ? packBrotli(newRest, 11, oldRest) : quick;
  const differs = difference !== undefined && difference.length < packed.length;
  const rest = differs ? difference : packed;
  const restWay = differs ? restWays.difference : restWays.brotli;
  const numbers = [restWay, newCode.start, newCode.end - newCode.start, newCode.bodies.count, code.length];
  const payload = joined([head, Uint8Array.from(numbers.flatMap(numberBytes)), code, rest]);
  return [{ method: 'rewritten', payload }];
};

const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

const packMaps = (bytes: Uint8Array): Uint8Array => {
  const packed = packBrotli(bytes, 11);
  return joined([Uint8Array.from([...numberBytes(bytes.length), ...numberBytes(packed.length)]), packed]);
};

const codeBodies = (
  maps: Maps,
  rewritten: RewrittenModule,
  oldCode: CodeRange,
  fresh: Uint8Array,
  newCode: CodeRange,
): Uint8Array | undefined => {
  const base = rewritten.bytes.length;
  const bytes = new Uint8Array(base + fresh.length + scratchBytes);
  bytes.set(rewritten.bytes);
  bytes.set(fresh, base);
  const { count, starts, ends, widths } = newCode.bodies;
  const bodies = { count, starts: starts.map((at) => at + base), ends: ends.map((at) => at + base), widths };
  const encoder = new BitEncoder();
  const work = unboundedWork();
  const predictor = new Predictor(encoder, counterBits(fresh.length), codeSets.total, work);
  const codec = new CodeCodec(predictor, bytes, oldCode.bodies, base + newCode.start, base + newCode.end, work);
  try {
    codec.code(count, planOf(maps, rewritten, oldCode.bodies, bodies, bytes));
    return encoder.finish();
  } catch (error) {
    // Bodies that are no well-formed code cannot be coded as such.
    if (error instanceof DeltaError || error instanceof WasmError) return undefined;
    throw error;
  }
};

// A function is coded against the one it was paired with, and only without a pair against the most similar one.
const planOf = (maps: Maps, rewritten: RewrittenModule, old: Bodies, bodies: Bodies, bytes: Uint8Array): CodePlan => {
  const places = new Map<number, number>();
  old.starts.forEach((start, index) => {
    places.set(start, index);
  });
  const similar = new SimilarBodies(bytes, old);
  const bases = Int32Array.from({ length: bodies.count }, (_, index) => {
    const paired = places.get(rewritten.bodies.starts[maps.importedFunctions + index] ?? -1);
    return paired ?? similar.nearest(bodies.starts[index]!, bodies.ends[index]!, -1);
  });
  const body = new OldBody(bytes);
  const codeAt = (start: number, end: number): ReturnType<typeof codeOf> => {
    body.read(start, end);
    return codeOf(body);
  };
  return {
    bases,
    bodies,
    align: (index) => {
      const fresh = codeAt(bodies.starts[index]!, bodies.ends[index]!);
      const base = bases[index]!;
      return base < 0 ? new Int32Array(fresh.total).fill(-1) : align(codeAt(old.starts[base]!, old.ends[base]!), fresh);
    },
  };
};
