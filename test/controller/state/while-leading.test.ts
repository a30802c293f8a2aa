import test from 'ava';
import { assertLeading } from '../../../controller/state/while-leading.ts';

test('what is done only by the one that leads is refused with a code to everybody else', (t) => {
  t.notThrows(() => assertLeading({ isHeld: () => true }));
  t.throws(() => assertLeading({ isHeld: () => false }), { code: 'STATE_LEASE_LOST' });
});
