/**
 * A signature that is good for some bytes is so for good: what many simulated devices verify, each for itself at every start,
 * is computed once in the process, and a public key read once. Importing this file sees to it, for all of the process.
 */
import crypto, { type KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** Of keys, and of signatures by one key; what is more is computed again. */
const rememberedMax = 10_000;

function remember<T>(all: Map<string, T>, key: string, compute: () => T): T {
  const known = all.get(key);
  if (known !== undefined) return known;
  if (all.size >= rememberedMax) all.clear();
  const value = compute();
  all.set(key, value);
  return value;
}

const { createPublicKey, hash, verify } = crypto;
const keys = new Map<string, KeyObject>();
const verdicts = new WeakMap<KeyObject, Map<string, boolean>>();

function rememberedKey(input: Parameters<typeof createPublicKey>[0]): KeyObject {
  if (typeof input === 'string') return remember(keys, input, () => createPublicKey(input));
  const isDer = 'format' in input && input.format === 'der' && ArrayBuffer.isView(input.key);
  if (!isDer) return createPublicKey(input);
  return remember(keys, Buffer.from(input.key as Uint8Array).toString('latin1'), () => createPublicKey(input));
}

function rememberedVerdict(algorithm: string | null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  const ofKey = verdicts.get(key) ?? new Map<string, boolean>();
  verdicts.set(key, ofKey);
  const what = `${hash('sha256', data)} ${Buffer.from(signature).toString('latin1')}`;
  return remember(ofKey, what, () => verify(algorithm, data, key, signature));
}

Object.assign(crypto, {
  createPublicKey: rememberedKey,
  verify: (algorithm: string | null, data: Uint8Array, key: unknown, signature: Uint8Array) =>
    algorithm === null && key instanceof crypto.KeyObject
      ? rememberedVerdict(algorithm, data, key, signature)
      : verify(algorithm, data, key as KeyObject, signature),
});
syncBuiltinESMExports();
