import test from 'ava';
import { packShadow, unpackShadow, withDesired } from '../../../controller/shadow/packed-shadow.ts';
import { applyRequest } from '../../../controller/shadow/protocol.ts';

const at = 1_700_000_000_000;
const reported = { counter: 3, applications: [{ name: 'pump' }] };
const before = packShadow(
  applyRequest('d', unpackShadow({ version: 4, deleted: true }), 'update', { reported }, at).next!,
);

test('another desired state comes to what the protocol makes of it', (t) => {
  const first = { sequence: 1, envelope: 'one' };
  const ours = withDesired(before, first, at + 5_000)!;
  const theirs = applyRequest('d', unpackShadow(before), 'update', { desired: first }, at + 5_000).next!;
  t.deepEqual(ours, packShadow(theirs));
  const second = { sequence: 2, blob: { sha256: 'ab', length: 5000 } };
  const change = { ...second, envelope: null };
  const next = applyRequest('d', theirs, 'update', { desired: change }, at + 9_000).next!;
  t.deepEqual(withDesired(ours, second, at + 9_000), packShadow(next), 'what has to go is gone');
});

test('a desired state that leaves no room in a shadow makes none', (t) => {
  t.is(withDesired(before, { sequence: 1, envelope: 'x'.repeat(8_192) }, at), undefined);
});
