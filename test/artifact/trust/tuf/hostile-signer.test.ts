/** Metadata with good signatures and any content: whoever holds a key may stop an update, never crash a device. */
import test from 'ava';
import fc from 'fast-check';
import { TrustError } from '../../../../artifact/trust/error.ts';
import { findTarget } from '../../../../artifact/trust/tuf/find-target.ts';
import { filesOf, restore } from '../../../../artifact/trust/tuf/restore.ts';
import { trustRoot } from '../../../../artifact/trust/tuf/root.ts';
import { acceptTimestamp } from '../../../../artifact/trust/tuf/timestamp.ts';
import {
  follow,
  keys,
  now,
  pin,
  rolePart,
  rootPart,
  signed,
  snapshotPart,
  stateOf,
  targetsPart,
  timestampPart,
  trustedFirst,
} from '../fleet-trust.ts';

type Node = Record<string, unknown>;

/** Every place of a document, as a path of keys. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))].filter(
    ({ length }) => length > 0,
  );
}

/** The document with another value in one place, or without it. */
function changed(document: Node, place: number, value: unknown): Node {
  const copy = structuredClone(document);
  const places = placesOf(copy);
  const path = places[place % places.length]!;
  let parent: Node = copy;
  for (const key of path.slice(0, -1)) parent = parent[key] as Node;
  if (value === undefined) delete parent[path.at(-1)!];
  else parent[path.at(-1)!] = value;
  return copy;
}

const odd = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(null, true, 0, -1, 2 ** 53 - 1, '', '__proto__', 'constructor', 'root', '\0'),
  fc.constantFrom<unknown>([], {}, [null], [[]], { __proto__: null, a: 1 }, { constructor: 'x' }, { public: 7 }),
  fc.constantFrom('2026-99-99T99:99:99Z', '../../x', 'crane/*', 'ab'.repeat(32)),
);

/** Accepting or refusing with a code are both right; whatever else is thrown is not. */
function survives(judge: () => unknown): boolean {
  try {
    judge();
    return true;
  } catch (error) {
    return error instanceof TrustError;
  }
}

test('a signed root, timestamp, snapshot, targets or role of any shape is accepted or refused with a code', (t) => {
  const good = stateOf();
  const meta = { 'targets.json': pin(good.targets, 1), 'crane.json': pin(good.role, 1) };
  const judges: ((place: number, value: unknown) => unknown)[] = [
    (place, value) =>
      acceptTimestamp(trustRoot(signed(changed(rootPart(), place, value), [keys.root])), good.timestamp, now),
    (place, value) => {
      const part = changed(timestampPart(pin(good.snapshot, 1)), place, value);
      const timestamp = signed(part, [keys.timestamp]);
      const trusted = follow(trustedFirst, { ...good, timestamp });
      return restore(filesOf(trusted)).trusted;
    },
    (place, value) => {
      const snapshot = signed(changed(snapshotPart(meta), place, value), [keys.snapshot]);
      const timestamp = signed(timestampPart(pin(snapshot, 1)), [keys.timestamp]);
      return findTarget(follow(trustedFirst, { ...good, snapshot, timestamp }), 'crane/1.0.0.wasm');
    },
    (place, value) => {
      const targets = signed(changed(targetsPart(), place, value), [keys.targets]);
      const snapshot = signed(snapshotPart({ ...meta, 'targets.json': pin(targets, 1) }), [keys.snapshot]);
      const timestamp = signed(timestampPart(pin(snapshot, 1)), [keys.timestamp]);
      return findTarget(follow(trustedFirst, { ...good, targets, snapshot, timestamp }), 'crane/1.0.0.wasm');
    },
    (place, value) => {
      const role = signed(changed(rolePart(), place, value), [keys.release]);
      const snapshot = signed(snapshotPart({ ...meta, 'crane.json': pin(role, 1) }), [keys.snapshot]);
      const timestamp = signed(timestampPart(pin(snapshot, 1)), [keys.timestamp]);
      return findTarget(follow(trustedFirst, { ...good, role, snapshot, timestamp }), 'crane/1.0.0.wasm');
    },
  ];
  for (const judge of judges) {
    fc.assert(
      fc.property(fc.nat(500), odd, (place, value) => survives(() => judge(place, value))),
      { numRuns: 400 },
    );
  }
  t.pass();
});
