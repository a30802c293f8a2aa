import test from 'ava';
import { isWithin, unpackCost } from '../../../device-agent/download/unpack-cost.ts';

const way = (method: 'whole' | 'brotli' | 'delta', length: number) => ({ method, sha256: '0'.repeat(64), length });

test('the estimates lie above what the benchmark measured, beside the 44 MB of a bare process', (t) => {
  const measured = [
    { length: 1_496_369, patch: 77_861, seconds: 1.33, megabytes: 89 },
    { length: 3_802_681, patch: 164_818, seconds: 1.91, megabytes: 91 },
    { length: 5_154_052, patch: 132_934, seconds: 2.23, megabytes: 110 },
    { length: 13_978_850, patch: 1_669_891, seconds: 10.58, megabytes: 155 },
  ];
  for (const { length, patch, seconds, megabytes } of measured) {
    const { memoryBytes, cpuSeconds } = unpackCost(way('delta', patch), length);
    t.true(cpuSeconds > seconds * 0.85, `${length}: ${cpuSeconds} s`);
    t.true(memoryBytes > (megabytes - 44) * 1_000_000, `${length}: ${memoryBytes} B`);
  }
});

test('what goes to disk as it comes fits into every budget', (t) => {
  t.true(isWithin(unpackCost(way('whole', 10 ** 9), 10 ** 9), { memoryBytesMax: 0, cpuSecondsMax: 0 }));
  t.false(isWithin(unpackCost(way('delta', 100), 1000), { memoryBytesMax: 0, cpuSecondsMax: 60 }));
  t.false(isWithin(unpackCost(way('delta', 10 ** 7), 10 ** 7), { memoryBytesMax: 10 ** 9, cpuSecondsMax: 60 }));
});
