import test from 'ava';
import { Errors } from 'isomorphic-git';
import { asFetchError, messageOf } from '../../../controller/source/source-error.ts';

test('of a failure inside the library its reason is told, in one line', (t) => {
  const failure = new Errors.InternalError('Unexpected character in a mode');
  t.is(messageOf(failure), 'Unexpected character in a mode');
  t.is(asFetchError(failure, 'https://git.example').message, 'https://git.example: Unexpected character in a mode');
  for (const thrown of [new Error('plain'), 'plain']) t.is(messageOf(thrown), 'plain');
  t.is(messageOf(null), 'null');
});
