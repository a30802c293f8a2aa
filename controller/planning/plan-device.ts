/**
 * What one device should get now. Pure, and the only place that decides it: the controller, `fleet plan`, `fleet why` and
 * the simulation all ask here. Waves will hold a device back between "differs" and "deploy".
 */
import type { DesiredDevice } from '../manifests/desired.ts';
import type { ObservedDevice } from './observed.ts';

/** Why a device gets a deployment now. */
export type DeployCause = 'FIRST' | 'CHANGED' | 'SEQUENCE_BEHIND';

/** Why a device gets none now. */
export type HoldCause = 'NO_KEY' | 'NO_FLEET' | 'ISSUED';

export type Decision =
  | { readonly kind: 'deploy'; readonly cause: DeployCause; readonly message: string }
  | { readonly kind: 'hold'; readonly cause: HoldCause; readonly message: string };

function deploy(cause: DeployCause, message: string): Decision {
  return { kind: 'deploy', cause, message };
}

function hold(cause: HoldCause, message: string): Decision {
  return { kind: 'hold', cause, message };
}

/** Decides by what the device should run and what is known of it. */
export function planDevice(desired: DesiredDevice, observed: ObservedDevice): Decision {
  const { issued, report } = observed;
  if (desired.keyFingerprint === undefined) {
    return hold(
      'NO_KEY',
      'its manifest has no keyFingerprint: run `fleet agent enroll` on the device and commit what it prints',
    );
  }
  if (issued === undefined) {
    if (desired.fleet === undefined) return hold('NO_FLEET', 'no fleet selects it');
    return deploy('FIRST', `fleet ${desired.fleet} selects it`);
  }
  if (issued.templateHash !== desired.template.hash) return deploy('CHANGED', 'its manifests ask for something else');
  if (report !== undefined && report.highestSequence > issued.sequence) {
    const message = `it has seen sequence ${report.highestSequence}, and refuses the ${issued.sequence} it was issued`;
    return deploy('SEQUENCE_BEHIND', message);
  }
  return hold('ISSUED', `deployment ${issued.sequence} is what its manifests ask for`);
}
