/** A small TUF repository whose every file can be forged: what the tests of trust attack. */
import { createHash } from 'node:crypto';
import { canonicalize } from '@tufjs/canonical-json';
import { type PrivateKey, privateKeyFromSeed, publicKeyHex, signBytes } from '../../../artifact/trust/keys.ts';
import { trustRoot } from '../../../artifact/trust/tuf/root.ts';
import { acceptSnapshot } from '../../../artifact/trust/tuf/snapshot.ts';
import { acceptRole, acceptTargets } from '../../../artifact/trust/tuf/targets.ts';
import { acceptTimestamp } from '../../../artifact/trust/tuf/timestamp.ts';
import type { TrustedMetadata } from '../../../artifact/trust/tuf/trusted.ts';

export const now = Date.parse('2026-06-01T00:00:00Z');
export const later = '2027-06-01T00:00:00Z';
export const earlier = '2026-05-01T00:00:00Z';

export function key(seed: number): PrivateKey {
  return privateKeyFromSeed(new Uint8Array(32).fill(seed));
}

export const keys = {
  root: key(1),
  targets: key(2),
  snapshot: key(3),
  timestamp: key(4),
  release: key(5),
  stranger: key(9),
} as const;

type Part = Record<string, unknown>;

export function signed(part: Part, signers: readonly PrivateKey[]): Uint8Array {
  const message = Buffer.from(canonicalize(part));
  const signatures = signers.map((signer) => ({
    keyid: signer.keyId,
    sig: Buffer.from(signBytes(signer, message)).toString('hex'),
  }));
  return Buffer.from(JSON.stringify({ signed: part, signatures }));
}

export function pin(bytes: Uint8Array, version: number): Part {
  return { version, length: bytes.length, hashes: { sha256: createHash('sha256').update(bytes).digest('hex') } };
}

function keyMap(all: readonly PrivateKey[]): Part {
  return Object.fromEntries(
    all.map(({ keyId, publicKey }) => [
      keyId,
      { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: publicKeyHex(publicKey) } },
    ]),
  );
}

export function role(signers: readonly PrivateKey[], threshold = 1): Part {
  return { keyids: signers.map(({ keyId }) => keyId), threshold };
}

export function rootPart(changes: Part = {}, signers: Partial<Record<keyof typeof keys, PrivateKey[]>> = {}): Part {
  const by = (name: 'root' | 'targets' | 'snapshot' | 'timestamp') => signers[name] ?? [keys[name]];
  return {
    _type: 'root',
    spec_version: '1.0.31',
    version: 1,
    expires: later,
    consistent_snapshot: true,
    keys: keyMap([...by('root'), ...by('targets'), ...by('snapshot'), ...by('timestamp')]),
    roles: {
      root: role(by('root')),
      targets: role(by('targets')),
      snapshot: role(by('snapshot')),
      timestamp: role(by('timestamp')),
    },
    ...changes,
  };
}

export const moduleHash = 'ab'.repeat(32);

export function rolePart(changes: Part = {}): Part {
  const targets = { 'crane/1.0.0.wasm': { length: 10, hashes: { sha256: moduleHash } } };
  return { _type: 'targets', spec_version: '1.0.31', version: 1, expires: later, targets, ...changes };
}

export function targetsPart(changes: Part = {}, release: PrivateKey = keys.release): Part {
  return {
    _type: 'targets',
    spec_version: '1.0.31',
    version: 1,
    expires: later,
    targets: { 'deployment-keys.json': { length: 3, hashes: { sha256: 'cd'.repeat(32) } } },
    delegations: {
      keys: keyMap([release]),
      roles: [{ name: 'crane', ...role([release]), terminating: true, paths: ['crane/*'] }],
    },
    ...changes,
  };
}

export function snapshotPart(meta: Part, changes: Part = {}): Part {
  return { _type: 'snapshot', spec_version: '1.0.31', version: 1, expires: later, meta, ...changes };
}

export function timestampPart(snapshot: Part, changes: Part = {}): Part {
  return {
    _type: 'timestamp',
    spec_version: '1.0.31',
    version: 1,
    expires: later,
    meta: { 'snapshot.json': snapshot },
    'x-fleet-issued': '2026-05-31T12:00:00Z',
    ...changes,
  };
}

/** The files of one consistent state of the repository, each version given, signed by the right keys. */
export interface State {
  readonly role: Uint8Array;
  readonly targets: Uint8Array;
  readonly snapshot: Uint8Array;
  readonly timestamp: Uint8Array;
}

export interface Forgery {
  readonly version?: number;
  readonly role?: Part;
  readonly targets?: Part;
  readonly snapshot?: Part;
  readonly timestamp?: Part;
  readonly snapshotKey?: PrivateKey;
  readonly timestampKey?: PrivateKey;
}

export function stateOf(forgery: Forgery = {}): State {
  const version = forgery.version ?? 1;
  const roleFile = signed(rolePart({ version, ...forgery.role }), [keys.release]);
  const targets = signed(targetsPart({ version, ...forgery.targets }), [keys.targets]);
  const meta = { 'targets.json': pin(targets, version), 'crane.json': pin(roleFile, version) };
  const snapshot = signed(snapshotPart(meta, { version, ...forgery.snapshot }), [forgery.snapshotKey ?? keys.snapshot]);
  const timestamp = signed(timestampPart(pin(snapshot, version), { version, ...forgery.timestamp }), [
    forgery.timestampKey ?? keys.timestamp,
  ]);
  return { role: roleFile, targets, snapshot, timestamp };
}

export const firstRoot = signed(rootPart(), [keys.root]);

export function follow(trusted: TrustedMetadata, state: State, at = now): TrustedMetadata {
  const timestamp = acceptTimestamp(trusted, state.timestamp, at);
  return acceptRole(
    acceptTargets(acceptSnapshot(timestamp, state.snapshot, at), state.targets, at),
    'crane',
    state.role,
    at,
  );
}

export const trustedFirst = trustRoot(firstRoot);
