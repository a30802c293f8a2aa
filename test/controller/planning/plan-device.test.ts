import test from 'ava';
import fc from 'fast-check';
import { planDevice } from '../../../controller/planning/plan-device.ts';
import { desiredDevice, observedDevice } from './arbitraries.ts';

test('planDevice() issues nothing to a device whose key git does not name', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const { keyFingerprint: _, ...keyless } = desired;
      return planDevice(keyless, observed).kind === 'hold';
    }),
  );
  t.pass();
});

test('planDevice() is content with what it issued itself, unless the device has seen a higher sequence', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const decision = planDevice(desired, observed);
      if (decision.kind !== 'deploy') return true;
      const sequence = Math.max(observed.issued?.sequence ?? 0, observed.report?.highestSequence ?? 0) + 1;
      const issued = {
        sequence,
        revision: 'd'.repeat(40),
        issuedAt: 0,
        templateHash: desired.template.hash,
        applications: [],
      };
      return planDevice(desired, { ...observed, issued }).kind === 'hold';
    }),
  );
  t.pass();
});

test('planDevice() deploys when the manifests ask for something else, and always says why', (t) => {
  fc.assert(
    fc.property(desiredDevice, observedDevice, (desired, observed) => {
      const decision = planDevice(desired, observed);
      const differs = observed.issued !== undefined && observed.issued.templateHash !== desired.template.hash;
      const mayMove = desired.keyFingerprint !== undefined;
      return decision.message.length > 0 && (!(differs && mayMove) || decision.kind === 'deploy');
    }),
  );
  t.pass();
});
