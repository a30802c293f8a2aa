import test from 'ava';
import { trustLimits } from '../../../../artifact/trust/limits.ts';
import { findTarget, requireFresh, requireTarget } from '../../../../artifact/trust/tuf/find-target.ts';
import { nextRoot } from '../../../../artifact/trust/tuf/next-root.ts';
import { filesOf, restore } from '../../../../artifact/trust/tuf/restore.ts';
import { trustRoot } from '../../../../artifact/trust/tuf/root.ts';
import { acceptSnapshot } from '../../../../artifact/trust/tuf/snapshot.ts';
import { acceptRole, acceptTargets } from '../../../../artifact/trust/tuf/targets.ts';
import { acceptTimestamp } from '../../../../artifact/trust/tuf/timestamp.ts';
import { issuedAt } from '../../../../artifact/trust/tuf/trusted.ts';
import { acceptWanted, nextWanted, wantedRoot } from '../../../../artifact/trust/tuf/wanted.ts';
import {
  earlier,
  firstRoot,
  follow,
  key,
  keys,
  later,
  moduleHash,
  now,
  pin,
  role,
  rolePart,
  rootPart,
  signed,
  snapshotPart,
  stateOf,
  targetsPart,
  timestampPart,
  trustedFirst,
} from '../fleet-trust.ts';
import { refused } from '../refused.ts';

const path = 'crane/1.0.0.wasm';

test('a device finds a release through root, timestamp, snapshot, targets and the role of its application', (t) => {
  const trusted = follow(trustedFirst, stateOf());
  t.deepEqual(findTarget(trusted, path), { path, length: 10, sha256: moduleHash, custom: {}, role: 'crane' });
  t.is(findTarget(trusted, 'deployment-keys.json')?.role, 'targets');
  t.is(findTarget(trusted, 'crane/2.0.0.wasm'), undefined);
  t.is(findTarget(trusted, 'buoy/1.0.0.wasm'), undefined);
  refused(t, () => requireTarget(trusted, 'buoy/1.0.0.wasm'), 'TARGET_MISSING');
  t.is(issuedAt(trusted), Date.parse('2026-05-31T12:00:00Z'));
});

test('nextWanted() names the files to fetch, one after the other, with their versions and lengths', (t) => {
  const state = stateOf({ version: 7 });
  const files: Record<string, Uint8Array> = {
    'timestamp.json': state.timestamp,
    '7.snapshot.json': state.snapshot,
    '7.targets.json': state.targets,
    '7.crane.json': state.role,
  };
  let trusted = trustedFirst;
  const fetched: string[] = [];
  t.is(wantedRoot(trusted).file, '2.root.json');
  for (let wanted = nextWanted(trusted, [path]); wanted !== undefined; wanted = nextWanted(trusted, [path])) {
    fetched.push(wanted.file);
    t.true(wanted.file === 'timestamp.json' || wanted.bytesMax === files[wanted.file]!.length);
    trusted = acceptWanted(trusted, wanted, files[wanted.file]!, now);
  }
  t.deepEqual(fetched, Object.keys(files));
  t.is(findTarget(trusted, path)?.length, 10);
});

test('arbitrary software: metadata that a stranger signed is refused at every role', (t) => {
  const { stranger } = keys;
  const good = stateOf();
  refused(t, () => trustRoot(signed(rootPart(), [stranger])), 'THRESHOLD', '5.2');
  const forgedTimestamp = stateOf({ timestampKey: stranger }).timestamp;
  refused(t, () => acceptTimestamp(trustedFirst, forgedTimestamp, now), 'THRESHOLD', '5.4.2');
  const forged = stateOf({ snapshotKey: stranger });
  const timestamped = acceptTimestamp(trustedFirst, forged.timestamp, now);
  refused(t, () => acceptSnapshot(timestamped, forged.snapshot, now), 'THRESHOLD', '5.5.3');
  const targets = signed(targetsPart(), [stranger]);
  const crane = signed(rolePart(), [stranger]);
  const snapshot = signed(snapshotPart({ 'targets.json': pin(targets, 1), 'crane.json': pin(crane, 1) }), [
    keys.snapshot,
  ]);
  const timestamp = signed(timestampPart(pin(snapshot, 1)), [keys.timestamp]);
  const snapshotted = acceptSnapshot(acceptTimestamp(trustedFirst, timestamp, now), snapshot, now);
  refused(t, () => acceptTargets(snapshotted, targets, now), 'THRESHOLD', '5.6.3');
  const meta = { 'targets.json': pin(good.targets, 1), 'crane.json': pin(crane, 1) };
  const mixed = signed(snapshotPart(meta), [keys.snapshot]);
  const mixedTimestamp = signed(timestampPart(pin(mixed, 1)), [keys.timestamp]);
  const beforeRole = acceptTargets(
    acceptSnapshot(acceptTimestamp(trustedFirst, mixedTimestamp, now), mixed, now),
    good.targets,
    now,
  );
  refused(t, () => acceptRole(beforeRole, 'crane', crane, now), 'THRESHOLD', '5.6.3');
});

test('a threshold of two is not met by one key, nor by one key twice, nor by one key under two ids', (t) => {
  const second = key(11);
  const two = { root: [keys.root, second] };
  const roles = { ...(rootPart({}, two).roles as object), root: role([keys.root, second], 2) };
  t.is(trustRoot(signed(rootPart({ roles }, two), [keys.root, second])).root.signed.version, 1);
  refused(t, () => trustRoot(signed(rootPart({ roles }, two), [keys.root])), 'THRESHOLD');
  refused(t, () => trustRoot(signed(rootPart({ roles }, two), [keys.root, keys.root])), 'MALFORMED');
  const part = rootPart();
  const entry = (part.keys as Record<string, unknown>)[keys.root.keyId];
  const alias = 'ff'.repeat(32);
  const aliased = {
    ...part,
    keys: { ...(part.keys as object), [alias]: entry },
    roles: { ...(part.roles as object), root: { keyids: [keys.root.keyId, alias], threshold: 2 } },
  };
  const document = JSON.parse(Buffer.from(signed(aliased, [keys.root])).toString());
  document.signatures.push({ ...document.signatures[0], keyid: alias });
  refused(t, () => trustRoot(Buffer.from(JSON.stringify(document))), 'MALFORMED');
});

test('a key of a type nobody knows counts for nothing, and does no harm', (t) => {
  const part = rootPart();
  const odd = { ...(part.keys as object), odd: { keytype: 'dilithium', scheme: 'x', keyval: { public: '00' } } };
  const roles = { ...(part.roles as object), root: { keyids: ['odd', keys.root.keyId], threshold: 1 } };
  t.notThrows(() => trustRoot(signed({ ...part, keys: odd, roles }, [keys.root])));
  const both = { ...(part.roles as object), root: { keyids: ['odd', keys.root.keyId], threshold: 2 } };
  refused(t, () => trustRoot(signed({ ...part, keys: odd, roles: both }, [keys.root])), 'THRESHOLD');
});

test('rollback: no role goes back to an older version', (t) => {
  const trusted = follow(trustedFirst, stateOf({ version: 5 }));
  const old = stateOf({ version: 4 });
  refused(t, () => acceptTimestamp(trusted, old.timestamp, now), 'ROLLBACK', '5.4.3.1');
  const snapshotBack = signed(timestampPart(pin(old.snapshot, 4), { version: 6 }), [keys.timestamp]);
  refused(t, () => acceptTimestamp(trusted, snapshotBack, now), 'ROLLBACK', '5.4.3.2');
  const meta = { 'targets.json': pin(old.targets, 4), 'crane.json': pin(stateOf({ version: 5 }).role, 5) };
  const targetsBack = signed(snapshotPart(meta, { version: 6 }), [keys.snapshot]);
  const timestamp = signed(timestampPart(pin(targetsBack, 6), { version: 6 }), [keys.timestamp]);
  const timestamped = acceptTimestamp(trusted, timestamp, now);
  refused(t, () => acceptSnapshot(timestamped, targetsBack, now), 'ROLLBACK', '5.5.5');
});

test('rollback: a snapshot cannot drop a file that it named', (t) => {
  const trusted = follow(trustedFirst, stateOf());
  const { targets } = stateOf();
  const dropped = signed(snapshotPart({ 'targets.json': pin(targets, 1) }, { version: 2 }), [keys.snapshot]);
  const timestamp = signed(timestampPart(pin(dropped, 2), { version: 2 }), [keys.timestamp]);
  refused(t, () => acceptSnapshot(acceptTimestamp(trusted, timestamp, now), dropped, now), 'ROLLBACK', '5.5.5');
});

test('freeze: nothing expired is accepted, and a replayed timestamp does not outlive its expiry', (t) => {
  const expired = { expires: earlier };
  const oldRoot = trustRoot(signed(rootPart(expired), [keys.root]));
  refused(t, () => acceptTimestamp(oldRoot, stateOf().timestamp, now), 'EXPIRED', '5.3.10');
  refused(t, () => follow(trustedFirst, stateOf({ timestamp: expired })), 'EXPIRED', '5.4.4');
  refused(t, () => follow(trustedFirst, stateOf({ snapshot: expired })), 'EXPIRED', '5.5.6');
  refused(t, () => follow(trustedFirst, stateOf({ targets: expired })), 'EXPIRED', '5.6.5');
  refused(t, () => follow(trustedFirst, stateOf({ role: expired })), 'EXPIRED', '5.6.5');
  const frozen = stateOf({ timestamp: { expires: '2026-06-02T00:00:00Z' } });
  const trusted = follow(trustedFirst, frozen);
  t.is(acceptTimestamp(trusted, frozen.timestamp, now), trusted);
  refused(t, () => acceptTimestamp(trusted, frozen.timestamp, now + 2 * 86_400_000), 'EXPIRED', '5.4.4');
});

test('a timestamp that expires at this very moment has expired', (t) => {
  const { timestamp } = stateOf();
  t.notThrows(() => acceptTimestamp(trustedFirst, timestamp, Date.parse(later) - 1));
  const rootThatLives = trustRoot(signed(rootPart({ expires: '2030-01-01T00:00:00Z' }), [keys.root]));
  refused(t, () => acceptTimestamp(rootThatLives, timestamp, Date.parse(later)), 'EXPIRED', '5.4.4');
});

test('mix and match: files of two states of the repository do not go together', (t) => {
  const one = stateOf({ version: 1 });
  const two = stateOf({ version: 2, role: { expires: '2027-06-02T00:00:00Z' } });
  const timestamped = acceptTimestamp(trustedFirst, two.timestamp, now);
  refused(t, () => acceptSnapshot(timestamped, one.snapshot, now), 'HASH_MISMATCH', '5.5.2');
  const snapshotted = acceptSnapshot(timestamped, two.snapshot, now);
  refused(t, () => acceptTargets(snapshotted, one.targets, now), 'HASH_MISMATCH', '5.6.2');
  const targeted = acceptTargets(snapshotted, two.targets, now);
  refused(t, () => acceptRole(targeted, 'crane', one.role, now), 'HASH_MISMATCH', '5.6.2');
  const versionLie = signed(timestampPart({ ...pin(one.snapshot, 1), version: 3 }, { version: 3 }), [keys.timestamp]);
  refused(
    t,
    () => acceptSnapshot(acceptTimestamp(trustedFirst, versionLie, now), one.snapshot, now),
    'VERSION_MISMATCH',
    '5.5.4',
  );
});

test('endless data: nothing longer than what was named, or than the ceiling, is parsed', (t) => {
  const huge = new Uint8Array(trustLimits.timestampBytesMax + 1).fill(32);
  refused(t, () => acceptTimestamp(trustedFirst, huge, now), 'TOO_LARGE');
  refused(t, () => trustRoot(new Uint8Array(trustLimits.rootBytesMax + 1)), 'TOO_LARGE');
  const timestamped = acceptTimestamp(trustedFirst, stateOf().timestamp, now);
  const longer = Buffer.concat([stateOf().snapshot, Buffer.from(' ')]);
  refused(t, () => acceptSnapshot(timestamped, longer, now), 'LENGTH_MISMATCH', '5.5.2');
});

test('a map with too many members is refused before the models see it', (t) => {
  const many = Object.fromEntries(Array.from({ length: 1025 }, (_, index) => [`k${index}`, {}]));
  refused(t, () => trustRoot(signed(rootPart({ keys: many }), [keys.root])), 'TOO_LARGE');
  const nested = `${'['.repeat(40)}${']'.repeat(40)}`;
  refused(t, () => trustRoot(Buffer.from(nested)), 'TOO_LARGE');
});

test('a new root needs the signatures of the old keys and of its own', (t) => {
  const next = key(21);
  const part = rootPart({ version: 2 }, { root: [next] });
  t.is(nextRoot(trustedFirst, signed(part, [keys.root, next])).root.signed.version, 2);
  refused(t, () => nextRoot(trustedFirst, signed(part, [next])), 'THRESHOLD', '5.3.4');
  refused(t, () => nextRoot(trustedFirst, signed(part, [keys.root])), 'THRESHOLD', '5.3.4');
  const skipped = signed(rootPart({ version: 3 }), [keys.root]);
  refused(t, () => nextRoot(trustedFirst, skipped), 'VERSION_MISMATCH', '5.3.5');
  refused(t, () => nextRoot(trustedFirst, firstRoot), 'ROLLBACK', '5.3.5');
});

test('fast-forward: after a rotation of the online keys their absurd versions count no more', (t) => {
  const absurd = follow(trustedFirst, stateOf({ version: 9_000_000 }));
  refused(t, () => follow(absurd, stateOf({ version: 2 })), 'ROLLBACK');
  const [snapshotKey, timestampKey] = [key(31), key(32)];
  const rotated = rootPart({ version: 2 }, { snapshot: [snapshotKey], timestamp: [timestampKey] });
  const recovered = nextRoot(absurd, signed(rotated, [keys.root]));
  t.is(recovered.timestamp, undefined);
  t.is(recovered.snapshot, undefined);
  t.is(findTarget(follow(recovered, stateOf({ version: 2, snapshotKey, timestampKey })), path)?.length, 10);
  const timestampAlone = nextRoot(absurd, signed(rootPart({ version: 2 }, { timestamp: [timestampKey] }), [keys.root]));
  t.is(timestampAlone.snapshot, undefined);
  const unrotated = nextRoot(absurd, signed(rootPart({ version: 2 }), [keys.root]));
  t.is(unrotated.timestamp?.signed.version, 9_000_000);
});

test('what only a revoked key signed goes with the key', (t) => {
  const trusted = follow(trustedFirst, stateOf());
  const fresh = key(41);
  const rotatedTargets = nextRoot(trusted, signed(rootPart({ version: 2 }, { targets: [fresh] }), [keys.root]));
  t.is(rotatedTargets.targets, undefined);
  t.is(rotatedTargets.roles.size, 0);
  refused(t, () => findTarget(rotatedTargets, path), 'METADATA_MISSING');
  const { role: crane } = stateOf();
  const targets = signed(targetsPart({ version: 2 }, fresh), [keys.targets]);
  const meta = { 'targets.json': pin(targets, 2), 'crane.json': pin(crane, 1) };
  const snapshot = signed(snapshotPart(meta, { version: 2 }), [keys.snapshot]);
  const timestamp = signed(timestampPart(pin(snapshot, 2), { version: 2 }), [keys.timestamp]);
  const updated = acceptTargets(acceptSnapshot(acceptTimestamp(trusted, timestamp, now), snapshot, now), targets, now);
  t.is(updated.roles.size, 0);
});

test('a role that may name crane/* cannot name another application', (t) => {
  const stolen = { targets: { 'buoy/1.0.0.wasm': { length: 1, hashes: { sha256: moduleHash } } } };
  const trusted = follow(trustedFirst, stateOf({ role: stolen }));
  t.is(findTarget(trusted, 'buoy/1.0.0.wasm'), undefined);
});

test('what a hostile signer could play with is refused: further delegations, prefixes, bins, patterns', (t) => {
  const crane = { name: 'crane', ...role([keys.release]), terminating: true };
  const delegations = (changes: object) => ({ delegations: { keys: {}, roles: [], ...changes } });
  const cases = [
    { targets: delegations({ roles: [{ ...crane, path_hash_prefixes: ['ab'] }] }) },
    { targets: delegations({ roles: [{ ...crane, paths: ['{a,b}{c,d}/*'] }] }) },
    { targets: delegations({ roles: [{ ...crane, paths: ['crane/*'], name: '../x' }] }) },
    { targets: delegations({ roles: [{ ...crane, paths: ['crane/*'], name: '__proto__' }] }) },
    {
      targets: {
        delegations: { keys: {}, succinct_roles: { ...role([keys.release]), bit_length: 8, name_prefix: 'b' } },
      },
    },
    { role: { delegations: { keys: {}, roles: [] } } },
  ];
  for (const forgery of cases) refused(t, () => follow(trustedFirst, stateOf(forgery)), 'MALFORMED');
});

test('versions and expiries that are not what they must be are refused', (t) => {
  for (const version of [0, -1, 1.5, 2 ** 60, '1']) {
    t.throws(() => trustRoot(Buffer.from(JSON.stringify({ signed: rootPart({ version }), signatures: [] }))), {
      code: 'MALFORMED',
    });
  }
  refused(t, () => trustRoot(signed(rootPart({ expires: 'tomorrow' }), [keys.root])), 'MALFORMED');
  refused(t, () => trustRoot(signed(rootPart({ expires: '2027-06-01' }), [keys.root])), 'MALFORMED');
  refused(t, () => trustRoot(signed(rootPart({ _type: 'targets' }), [keys.root])), 'WRONG_TYPE');
});

test('a flipped bit anywhere in a file of metadata is refused', (t) => {
  const { timestamp } = stateOf();
  for (let at = 0; at < timestamp.length; at++) {
    const flipped = Uint8Array.from(timestamp);
    flipped[at] = flipped[at]! ^ (1 << (at % 8));
    t.throws(() => acceptTimestamp(trustedFirst, flipped, now), { name: 'TrustError' }, `byte ${at}`);
  }
});

test('restore() takes up at a restart what was trusted, expired or not, and what a cut left half done', (t) => {
  const old = follow(trustedFirst, stateOf({ version: 1 }));
  const files = filesOf(old);
  const { trusted, dropped } = restore(files);
  t.deepEqual(dropped, []);
  t.deepEqual(filesOf(trusted), files);
  const muchLater = Date.parse('2040-01-01T00:00:00Z');
  t.is(findTarget(trusted, path)?.length, 10);
  refused(t, () => requireFresh(trusted, [path], muchLater), 'EXPIRED');
  t.notThrows(() => requireFresh(trusted, [path], now));
  const next = stateOf({ version: 2 });
  const cut = restore(new Map([...files, ['timestamp.json', next.timestamp]]));
  t.deepEqual(cut.dropped, []);
  t.is(nextWanted(cut.trusted, [path])?.file, '2.snapshot.json');
  refused(t, () => findTarget(cut.trusted, path), 'METADATA_MISSING');
  t.is(findTarget(follow(cut.trusted, next), path)?.length, 10);
});

test('restore() drops a file with a flipped bit, and what depends on it, and refuses a root with one', (t) => {
  const files = filesOf(follow(trustedFirst, stateOf()));
  const flip = (name: string) => {
    const bytes = Uint8Array.from(files.get(name)!);
    bytes[40] = bytes[40]! ^ 1;
    return restore(new Map([...files, [name, bytes]]));
  };
  t.deepEqual(flip('snapshot.json').dropped, ['snapshot.json']);
  t.deepEqual(flip('targets.json').dropped, ['targets.json', 'roles/crane.json']);
  t.throws(() => flip('root.json'), { name: 'TrustError' });
});

test('what expired stops a new install by itself, whichever file it is', (t) => {
  const soon = { expires: '2026-06-02T00:00:00Z' };
  const at = Date.parse(soon.expires);
  const root = trustRoot(signed(rootPart(soon), [keys.root]));
  const cases = [
    ['root.json', follow(root, stateOf())],
    ['timestamp.json', follow(trustedFirst, stateOf({ timestamp: soon }))],
    ['snapshot.json', follow(trustedFirst, stateOf({ snapshot: soon }))],
    ['targets.json', follow(trustedFirst, stateOf({ targets: soon }))],
    ['crane.json', follow(trustedFirst, stateOf({ role: soon }))],
  ] as const;
  for (const [file, trusted] of cases) {
    t.notThrows(() => requireFresh(trusted, [path], at - 1), file);
    const error = t.throws(() => requireFresh(trusted, [path], at), { name: 'TrustError' }, file);
    t.true(error?.message.startsWith(`${file} expired`), error?.message);
  }
  t.notThrows(() => requireFresh(follow(trustedFirst, stateOf({ role: soon })), [], at), 'a role that decides nothing');
});

test('a role with as many releases as may be is read in a moment, and each of them found as it was written', (t) => {
  const entry = (at: number) => ({ length: at, hashes: { sha256: moduleHash }, custom: { kind: 'module', at } });
  const targets = Object.fromEntries(
    Array.from({ length: 1024 }, (_, at) => [at === 7 ? '__proto__' : `crane/${at}.wasm`, entry(at)]),
  );
  const trusted = follow(trustedFirst, stateOf({ role: { targets } }));
  const read = trusted.roles.get('crane')!.signed.targets;
  t.is(Object.keys(read).length, 1024);
  t.deepEqual(Object.getOwnPropertyDescriptor(read, '__proto__')?.value.custom, { kind: 'module', at: 7 });
  t.deepEqual(findTarget(trusted, 'crane/1023.wasm')?.custom, { kind: 'module', at: 1023 });
  for (const wrong of [7, { 'crane/1.wasm': 7 }, { 'crane/1.wasm': { length: '1', hashes: {} } }]) {
    refused(t, () => follow(trustedFirst, stateOf({ role: { targets: wrong } })), 'MALFORMED');
  }
});
