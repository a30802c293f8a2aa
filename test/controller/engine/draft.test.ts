import test from 'ava';
import { Draft } from '../../../controller/engine/draft.ts';
import { Image } from '../../../controller/engine/image.ts';

const recordOf = (version: number) => ({ shadow: { version } });

test('of an attempt that fails nothing was put, and what was put before it stands', (t) => {
  const draft = new Draft(new Image({ read: async () => [] }));
  draft.keep('buoy', recordOf(1));
  t.throws(() =>
    draft.attempt(() => {
      draft.keep('buoy', recordOf(2));
      draft.keep('buoy', recordOf(3));
      draft.keep('crane', recordOf(4));
      draft.put({ kind: 'marks', name: 'buoy', marks: {} });
      throw new Error('no');
    }),
  );
  t.deepEqual(draft.writes, [{ kind: 'device', name: 'buoy', record: recordOf(1) }]);
  t.deepEqual([draft.size, draft.device('crane').shadow.version], [1, 0]);
  draft.attempt(() => draft.keep('crane', recordOf(5)));
  t.deepEqual([draft.size, draft.device('crane')], [2, recordOf(5)]);
});

test('an attempt knows whether it put anything, whatever was put before', (t) => {
  const draft = new Draft(new Image({ read: async () => [] }));
  draft.keep('buoy', recordOf(1));
  t.true(draft.attempt(() => draft.isUntouched));
  t.false(
    draft.attempt(() => {
      draft.keep('buoy', recordOf(1));
      return draft.isUntouched;
    }),
  );
});
