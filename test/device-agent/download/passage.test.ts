import test from 'ava';
import { Passage } from '../../../device-agent/download/passage.ts';
import type { LinkAllowance } from '../../../device-agent/links/link-terms.ts';

test('a delta comes along only over a link that carries deltas, and has room for all that may', (t) => {
  const carries = (terms: Partial<LinkAllowance>, wayOut = 'sat0'): boolean =>
    new Passage(
      [{ name: 'vsat', interface: 'sat*', ...terms }],
      () => wayOut,
      () => {},
    ).carries('delta', 4_096);
  t.true(carries({}));
  t.true(carries({ carries: ['delta'] }));
  t.false(carries({ carries: ['whole'] }));
  t.false(carries({ carries: ['control'] }));
  t.false(carries({ left: 20_000 }));
  t.true(carries({ left: 30_000 }));
  t.true(carries({ carries: ['control'] }, 'wlan0'), 'of which nobody said anything');
});
