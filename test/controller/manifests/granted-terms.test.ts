import test from 'ava';
import { grantedTerms } from '../../../controller/manifests/granted-terms.ts';

test('what a manifest grants travels in bytes, with what it leaves out filled in, and what it does not grant does not travel', (t) => {
  t.deepEqual(grantedTerms({}), {});
  t.deepEqual(
    grantedTerms({
      data: {},
      tmp: { quota: '64KiB' },
      kv: {},
      facts: { speed: { type: 'number' } },
      machine: ['gps'],
      allowedOutboundHosts: ['tcp://10.0.0.5:502'],
    }),
    {
      data: { bytesMax: 16 * 2 ** 20, entriesMax: 1000 },
      tmp: { bytesMax: 65_536, entriesMax: 100 },
      kv: { bytesMax: 2 ** 20 },
      facts: { speed: 'number' },
      machine: ['gps'],
      allowedOutboundHosts: ['tcp://10.0.0.5:502'],
    },
  );
});
