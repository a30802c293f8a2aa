import test from 'ava';
import { lackAtStart } from '../../device-agent/lack-at-start.ts';

const plenty = { descriptors: 1024, threads: Number.POSITIVE_INFINITY, addressBytes: Number.POSITIVE_INFINITY };

test('an agent that its limits leave no room for says which, how much there is and what raises it', (t) => {
  t.is(lackAtStart(plenty), undefined);
  t.is(lackAtStart({ descriptors: 40, threads: 24, addressBytes: 1.5 * 2 ** 30 }), undefined);
  t.regex(lackAtStart({ ...plenty, descriptors: 22 })!, /22 files here and needs 40: raise LimitNOFILE \(ulimit -n\)$/);
  t.regex(lackAtStart({ ...plenty, threads: 8 })!, /8 threads here and it needs 24: raise LimitNPROC \(ulimit -u\)$/);
  const few = lackAtStart({ ...plenty, addressBytes: 1_300_000 * 1024 })!;
  t.regex(few, /1269 MiB of addresses here and needs 1536 MiB: raise LimitAS \(ulimit -v\)$/);
});
