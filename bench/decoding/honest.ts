import { applyDelta } from '../../artifact/delta/apply.ts';
import { packBrotli } from '../../artifact/delta/brotli.ts';
import { encodeDifference } from '../../artifact/delta/difference/code.ts';
import { type DeltaEffort, encodeDelta } from '../../artifact/delta/encode.ts';
import { DeltaError } from '../../artifact/delta/error.ts';
import { type DeltaMethod, sha256, writeHeader } from '../../artifact/delta/format.ts';
import { encodeModule } from '../../artifact/delta/module/encode.ts';

/** A patch by the name of how it was made. */
export interface Patch {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A header for these files, and a payload behind it. */
export function patchOf(method: DeltaMethod, old: Uint8Array, fresh: Uint8Array, payload: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([writeHeader(method, fresh.length, sha256(old), sha256(fresh)), payload]));
}

const applies = (old: Uint8Array, patch: Uint8Array): boolean => {
  try {
    applyDelta(old, patch);
    return true;
  } catch (error) {
    if (error instanceof DeltaError) return false;
    throw error;
  }
};

/** Every patch between two files that our encoder gives at some effort, or weighs on the way: those that its decoder takes. */
export function honestPatches(old: Uint8Array, fresh: Uint8Array): readonly Patch[] {
  const effort: DeltaEffort = 'balanced';
  const modules = [false, true].flatMap((light) => encodeModule(old, fresh, { effort, quality: 11, light }));
  const difference = encodeDifference(old, fresh);
  const tries = [
    ...modules,
    ...(difference === undefined ? [] : [{ method: 'difference' as const, payload: difference }]),
    { method: 'dictionary' as const, payload: packBrotli(fresh, 9, old) },
    { method: 'brotli' as const, payload: packBrotli(fresh, 9) },
  ];
  const patches = tries.map(({ method, payload }) => ({ name: method, bytes: patchOf(method, old, fresh, payload) }));
  const given = { name: 'as given', bytes: encodeDelta(old, fresh, { effort }) };
  return [given, ...patches].filter(({ bytes }) => applies(old, bytes));
}
