import test from 'ava';
import {
  adopted,
  answered,
  initialSourceState,
  refused,
  unreachable,
  withoutCommit,
} from '../../../controller/following/source-state.ts';

const revision = (id: string) => ({
  id: id.repeat(40),
  subject: 's',
  author: 'a',
  committedAt: '2026-01-01T00:00:00Z',
});

test('a refused tip leaves the revision in force and says since when it is refused', (t) => {
  const good = adopted(initialSourceState('x', 'main'), revision('a'), [], 1000);
  const bad = refused(good, revision('b'), '1 problem in its files', [{ file: 'f', code: 'X', message: 'm' }], 2000);
  t.is(bad.state, 'refused');
  t.is(bad.revision?.id, 'a'.repeat(40));
  t.is(bad.tip?.id, 'b'.repeat(40));
  t.is(refused(bad, revision('b'), 'again', [], 3000).since, bad.since);
  t.not(refused(bad, revision('c'), 'another', [], 3000).since, bad.since);
});

test('a silence is over when the repository answers, and leaves no complaint behind', (t) => {
  const good = adopted(initialSourceState('x', 'main'), revision('a'), [], 1000);
  const silent = unreachable(good, 'connection refused', 2000);
  t.is(silent.state, 'unreachable');
  t.is(silent.checkedAt, good.checkedAt);
  const back = answered(silent, 3000);
  t.is(back.state, 'current');
  t.is(back.message, undefined);
});

test('a repository without a commit is empty, but not when a revision is in force', (t) => {
  const empty = withoutCommit(initialSourceState('x', 'main'), 1000);
  t.is(empty.state, 'empty');
  t.is(withoutCommit(adopted(empty, revision('a'), [], 2000), 3000).state, 'unreachable');
});
