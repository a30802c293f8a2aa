import test from 'ava';
import type { DesiredDevice } from '../../../controller/manifests/desired.ts';
import { statusDocument } from '../../../controller/planning/status-document.ts';
import type { Refusal } from '../../../schemas/generated/types.ts';
import { now } from './arbitraries.ts';

const key = `SHA256:${'A'.repeat(43)}`;
const buoy: DesiredDevice = {
  ...{ name: 'buoy', labels: {}, keyFingerprint: key, darkAfterSeconds: 3600 },
  template: { probationSeconds: 30, applications: [], hash: 'a'.repeat(64) },
};

function refusalsWhen(contactAt: number | undefined, refusal: Partial<Refusal>): number {
  const at = new Date(now - 60_000).toISOString();
  const { refusals } = statusDocument({
    desired: { applications: new Map(), fleets: new Map(), sites: new Map(), devices: new Map([['buoy', buoy]]) },
    observe: () => ({ events: [], ...(contactAt === undefined ? {} : { contactAt }) }),
    ...{ heard: [], now, source: { location: 'x', branch: 'main', state: 'current', problems: [] } },
    refusals: [{ at, device: 'buoy', keyFingerprint: key, code: 'DEVICE_WITHOUT_KEY', message: 'no key', ...refusal }],
  });
  return refusals.length;
}

test('a refusal is over once the device was heard with the key that git names', (t) => {
  t.is(refusalsWhen(undefined, {}), 1);
  t.is(refusalsWhen(now - 120_000, {}), 1, 'heard before, refused since');
  t.is(refusalsWhen(now, {}), 0);
});

test('another key that claims the name, or none, goes on being told of', (t) => {
  t.is(refusalsWhen(now, { keyFingerprint: `SHA256:${'B'.repeat(43)}` }), 1);
  t.is(refusalsWhen(now, { device: 'stranger' }), 1);
});
