import test from 'ava';
import { runningTerms } from '../../../controller/manifests/running-terms.ts';

test('what a manifest says of class, process and limits travels in bytes and fuel, and what it leaves out does not travel', (t) => {
  t.deepEqual(runningTerms({}), {});
  const limits = { memory: '16MiB', fuelPerSecond: 5_000 };
  t.deepEqual(runningTerms({ class: 'background', isolation: 'process', limits }), {
    class: 'background',
    isolation: 'process',
    limits: { memoryBytes: 16 * 2 ** 20, fuelPerSecond: 5_000 },
  });
  t.deepEqual(runningTerms({ limits: { memory: '64KiB' } }).limits, { memoryBytes: 65_536 });
  t.deepEqual(runningTerms({ limits: { memory: '2GiB' } }).limits, { memoryBytes: 2 ** 31 });
});
