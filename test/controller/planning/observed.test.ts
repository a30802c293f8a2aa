import test from 'ava';
import { nextSequence } from '../../../controller/planning/observed.ts';

test('no sequence is issued twice: the next one is above the one before', (t) => {
  const issued = { sequence: 7, revision: 'f'.repeat(40), issuedAt: 0, templateHash: 'x', applications: [] };
  t.is(nextSequence({ issued }), 8);
  t.is(nextSequence({}), 1);
});
