/** A shadow that is kept in parts, against what the protocol makes of the whole. */
import test from 'ava';
import fc from 'fast-check';
import { desiredState, gistOf, shadowOf, withReport } from '../../../controller/engine/device-shadow.ts';
import { Draft } from '../../../controller/engine/draft.ts';
import { Image } from '../../../controller/engine/image.ts';
import { blobOf, keepIssued } from '../../../controller/engine/issue.ts';
import { changesAt, judge } from '../../../controller/planning/device-status.ts';
import { planDevice } from '../../../controller/planning/plan-device.ts';
import { packShadow, unpackShadow } from '../../../controller/shadow/packed-shadow.ts';
import { applyRequest, stateBytes } from '../../../controller/shadow/protocol.ts';
import { desiredDevice, now, observedDevice } from '../planning/arbitraries.ts';
import { reportOf, revision } from './test-engine.ts';

const at = 1_700_000_000_000;
const issuedWith = (sequence: number) => ({ sequence, revision, issuedAt: at, templateHash: 'x', applications: [] });

/** A device whose shadow has this report, and nothing else yet. */
function reporting(text = '') {
  const draft = new Draft(new Image({ read: async () => [] }));
  const reported = { state: { ...reportOf(3), text } as never, at: at / 1000 };
  const { record, document } = withReport('buoy', { shadow: { version: 4 } }, 4, reported);
  draft.keep('buoy', record);
  draft.put(document);
  return draft;
}

test('a deployment that is handed over comes to what the protocol makes of it', (t) => {
  const draft = reporting();
  const before = unpackShadow(shadowOf(draft, 'buoy'));
  keepIssued(draft, 'buoy', issuedWith(1), 'one', at + 5_000);
  const first = applyRequest('buoy', before, 'update', { desired: desiredState(1, 'one') }, at + 5_000).next!;
  t.deepEqual(shadowOf(draft, 'buoy'), packShadow(first));
  const large = 'x'.repeat(5_000);
  keepIssued(draft, 'buoy', issuedWith(2), large, at + 9_000);
  const change = { ...desiredState(2, blobOf(large)), envelope: null };
  const second = applyRequest('buoy', first, 'update', { desired: change }, at + 9_000).next!;
  t.deepEqual(shadowOf(draft, 'buoy'), packShadow(second), 'what has to go is gone');
});

test('a report goes when the state has no room left by one byte, and not before', (t) => {
  const roomOf = (text: string) => {
    const draft = reporting(text);
    keepIssued(draft, 'buoy', issuedWith(1), 'e'.repeat(4_000), at);
    return shadowOf(draft, 'buoy');
  };
  const least = stateBytes(unpackShadow(roomOf('')));
  const full = roomOf('x'.repeat(8_192 - least));
  t.is(stateBytes(unpackShadow(full)), 8_192);
  t.is(roomOf('x'.repeat(8_193 - least)).reported, undefined);
});

test('a desired state that leaves no room in a shadow is not handed over', (t) => {
  const envelope = '"'.repeat(4_096);
  t.throws(() => keepIssued(reporting(), 'buoy', issuedWith(1), envelope, at), { message: /larger than a shadow/ });
});

test('a device is decided upon and judged by the gist of its report as by the whole', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const { report, ...rest } = observed;
      const brief = report === undefined ? rest : { ...rest, report: gistOf(report) };
      t.deepEqual(judge(desired, brief, now, 'key'), judge(desired, observed, now, 'key'));
      t.deepEqual(planDevice(desired, brief, now, 'key'), planDevice(desired, observed, now, 'key'));
      t.is(changesAt(desired, brief, now), changesAt(desired, observed, now));
    }),
  );
});
