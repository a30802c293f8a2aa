import test from 'ava';
import { nothingSha256 } from '../../../artifact/delta/from-nothing.ts';
import { isWithin, unpackCost } from '../../../device-agent/download/unpack-cost.ts';

/** Of Node with nothing to do. */
const bareMebibytes = 44;

const way = (method: 'whole' | 'brotli' | 'delta', length: number) => ({ method, sha256: '0'.repeat(64), length });

test('the estimates lie above what the benchmark measured, beside what a bare process takes', (t) => {
  // From bench/README.md: seconds of CPU and MiB at the peak, of whole processes.
  const measured = [
    { length: 688_197, patch: 6_056, seconds: 0.49, mebibytes: 85 },
    { length: 879_084, patch: 23_496, seconds: 0.72, mebibytes: 85 },
    { length: 1_496_369, patch: 77_861, seconds: 1.33, mebibytes: 89 },
    { length: 3_802_681, patch: 164_818, seconds: 1.91, mebibytes: 91 },
    { length: 5_154_052, patch: 132_934, seconds: 2.23, mebibytes: 110 },
    { length: 5_166_912, patch: 26_973, seconds: 0.92, mebibytes: 120 },
    { length: 13_978_850, patch: 135_337, seconds: 2.07, mebibytes: 165 },
    { length: 13_978_850, patch: 1_669_891, seconds: 10.58, mebibytes: 155 },
  ];
  for (const { length, patch, seconds, mebibytes } of measured) {
    const { memoryBytes, cpuSeconds } = unpackCost(way('delta', patch), length);
    t.true(cpuSeconds > seconds, `${length}: ${cpuSeconds} s`);
    t.true(memoryBytes > (mebibytes - bareMebibytes) * 2 ** 20, `${length}: ${memoryBytes} B`);
  }
});

test('a delta from nothing takes time by the bytes of the module, whatever travels of it', (t) => {
  const base = nothingSha256;
  const [short, long] = [100, 400_000].map((length) => unpackCost({ ...way('delta', length), base }, 1_000_000));
  t.is(short!.cpuSeconds, long!.cpuSeconds);
  // The largest that was measured: a process of 68 MiB.
  const { memoryBytes } = unpackCost({ ...way('delta', 287_202), base }, 1_057_070);
  t.true(memoryBytes > (68 - bareMebibytes) * 2 ** 20, `${memoryBytes} B`);
});

test('what goes to disk as it comes fits into every budget', (t) => {
  t.true(isWithin(unpackCost(way('whole', 10 ** 9), 10 ** 9), { memoryBytesMax: 0, cpuSecondsMax: 0 }));
  t.false(isWithin(unpackCost(way('delta', 100), 1000), { memoryBytesMax: 0, cpuSecondsMax: 60 }));
  t.false(isWithin(unpackCost(way('delta', 10 ** 7), 10 ** 7), { memoryBytesMax: 10 ** 9, cpuSecondsMax: 60 }));
});
