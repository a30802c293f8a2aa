import test from 'ava';
import { holdOf } from '../../../device-agent/runtime/host-terms.ts';

const mebibyte = 2 ** 20;
const application = { name: 'app', ownProcess: [], length: 0, limits: { memoryBytes: mebibyte } };
const heldBytes = (changes: object): number => {
  const applications = [{ ...application, ...changes }];
  const { memoryBytesMax = 0 } = holdOf({ key: 'standard', class: 'standard', isOwn: false, applications });
  return memoryBytesMax - 96 * mebibyte;
};

test('a process is held to what all it runs may take of memory, wherever that lies', (t) => {
  const linked = { name: 'codec', version: '1', sha256: '', length: 2 * mebibyte };
  t.is(heldBytes({}), mebibyte);
  t.is(heldBytes({ events: { concurrency: 3 } }), 3 * mebibyte, 'of each instance');
  t.is(heldBytes({ tmp: { bytesMax: 5 * mebibyte, entriesMax: 1 } }), 11 * mebibyte, 'files in memory');
  t.is(heldBytes({ kv: { bytesMax: 5 * mebibyte } }), 11 * mebibyte, 'values that are being written');
  t.is(heldBytes({ length: 7 * mebibyte }), 22 * mebibyte, 'its module');
  t.is(heldBytes({ links: { codec: linked } }), 2 * mebibyte + 6 * mebibyte, 'modules that are linked to it');
});
