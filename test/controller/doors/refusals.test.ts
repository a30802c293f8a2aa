import test from 'ava';
import fc from 'fast-check';
import { Refusals, type RefusalWrite } from '../../../controller/doors/refusals.ts';
import type { Refusal } from '../../../schemas/generated/types.ts';

const second = 1000;

function refusal(atMs: number, address: string, device: string, code = 'DEVICE_UNKNOWN'): Refusal {
  return { at: new Date(atMs).toISOString(), device, address, code, message: `${device} is not named` };
}

/** A store that does what it is told. */
class Store {
  readonly rows = new Map<string, Refusal>();
  writes = 0;

  apply(writes: readonly RefusalWrite[]): void {
    this.writes += writes.length;
    for (const write of writes) {
      if (write.kind === 'put') this.rows.set(write.key, write.refusal);
      else this.rows.delete(write.key);
    }
  }
}

test('520 knocks of one source under as many names push out nothing that came from elsewhere', (t) => {
  const refusals = new Refusals();
  refusals.record(refusal(0, '10.0.0.1', 'new-buoy'));
  for (let n = 0; n < 520; n += 1) refusals.record(refusal(second + n, '10.6.6.6', `name-${n}`));
  const names = refusals.newestFirst().map(({ device }) => device);
  t.true(names.includes('new-buoy'));
  t.is(names.length, 51);
  t.is(names[0], 'name-519');
});

test('many sources with one knock each push out the one with most, the oldest first', (t) => {
  const refusals = new Refusals([], { keptMax: 10 });
  for (let n = 0; n < 8; n += 1) refusals.record(refusal(n, '10.6.6.6', `name-${n}`));
  for (let n = 0; n < 6; n += 1) refusals.record(refusal(100 + n, `10.0.0.${n}`, 'buoy'));
  const kept = refusals.newestFirst();
  t.is(kept.length, 10);
  t.is(kept.filter(({ address }) => address !== '10.6.6.6').length, 6);
  t.deepEqual(
    kept.filter(({ address }) => address === '10.6.6.6').map(({ device }) => device),
    ['name-7', 'name-6', 'name-5', 'name-4'],
  );
});

test('the same refusal again is shown with its new time, and written once a minute', (t) => {
  const refusals = new Refusals();
  const store = new Store();
  for (let n = 0; n < 150; n += 1) store.apply(refusals.record(refusal(n * second, '10.0.0.1', 'buoy')));
  t.is(store.writes, 3);
  t.deepEqual(
    refusals.newestFirst().map(({ at }) => at),
    [new Date(149 * second).toISOString()],
  );
  store.apply(refusals.record(refusal(150 * second, '10.0.0.1', 'buoy', 'KEY_MISMATCH')));
  t.is(store.writes, 4, 'another reason is another refusal');
});

test('names and sentences from outside are cut', (t) => {
  const refusals = new Refusals();
  refusals.record({ ...refusal(0, '10.0.0.1', 'x'.repeat(10_000)), message: 'y'.repeat(10_000) });
  const [kept] = refusals.newestFirst();
  t.deepEqual([kept?.device?.length, kept?.message.length], [63, 500]);
});

test('over any life what was written is what is kept, in size and after a restart', (t) => {
  const knock = fc.record({
    after: fc.integer({ min: 0, max: 90_000 }),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1', ''),
    device: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  });
  fc.assert(
    fc.property(fc.array(knock, { maxLength: 100 }), (knocks) => {
      const limits = { keptMax: 6, keptPerSourceMax: 3 };
      const refusals = new Refusals([], limits);
      const store = new Store();
      let now = 0;
      for (const { after, address, device } of knocks) {
        now += after;
        store.apply(refusals.record(refusal(now, address, device)));
        if (refusals.newestFirst().length > 6) return false;
      }
      const identity = ({ address, device }: Refusal) => `${address} ${device}`;
      const kept = refusals.newestFirst().map(identity).sort();
      const again = new Refusals(store.rows.values(), limits).newestFirst().map(identity).sort();
      return kept.join() === [...store.rows.values()].map(identity).sort().join() && kept.join() === again.join();
    }),
  );
  t.pass();
});
