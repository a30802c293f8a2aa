import test from 'ava';
import { keptUsage } from '../../../../device-agent/runtime/grants/kept-usage.ts';
import { parseFromHost } from '../../../../device-agent/runtime/protocol.ts';

test('what an application keeps is told against its quota, and only where it may keep something', (t) => {
  const usage = { name: 'gauge', memoryBytes: 1, fuelPerSecond: 2, dataBytes: 30 };
  t.deepEqual(parseFromHost({ kind: 'beat', usage: [usage] }), { kind: 'beat', usage: [usage] });
  t.is(parseFromHost({ kind: 'beat', usage: [{ ...usage, dataBytes: -1 }] }), undefined);
  t.deepEqual(keptUsage({ data: { bytesMax: 100, entriesMax: 1 } }, usage), { data: { bytes: 30, bytesMax: 100 } });
  t.deepEqual(keptUsage({}, usage), {});
});
