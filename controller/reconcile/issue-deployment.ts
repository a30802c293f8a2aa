/** Turns what a device should run into a signed deployment, and hands it to the device's shadow. */
import type { Deployment, ShadowDesired } from '../../schemas/generated/types.ts';
import type { DeviceStore } from '../devices/device-store.ts';
import type { DesiredDevice } from '../manifests/desired.ts';
import type { ObservedDevice } from '../planning/observed.ts';

/** An envelope of at most this many bytes travels inside the shadow, which holds 8 KB in all. */
const inlineEnvelopeBytesMax = 4096;

/** What issuing needs of the other rooms. */
export interface Issuing {
  readonly store: DeviceStore;
  /** A DSSE envelope by the deployment key. */
  readonly sign: (deployment: Deployment) => string;
  /** The id of that key. */
  readonly keyId: string;
  /** Puts bytes into the artifact store, where they are served under their digest. */
  readonly putBlob: (bytes: Uint8Array) => { readonly sha256: string; readonly length: number };
}

/**
 * One above every sequence that was issued or that the device says it has seen: a controller that lost its database must
 * not issue what devices have to refuse.
 */
export function nextSequence(observed: ObservedDevice): number {
  return Math.max(observed.issued?.sequence ?? 0, observed.report?.highestSequence ?? 0) + 1;
}

function deploymentOf(device: DesiredDevice, sequence: number, revision: string, now: number): Deployment {
  const { template } = device;
  return {
    apiVersion: 'fleet/v1alpha1',
    kind: 'Deployment',
    device: device.name,
    sequence,
    revision,
    issuedAt: new Date(now).toISOString(),
    ...(template.fleet === undefined ? {} : { fleet: template.fleet }),
    probationSeconds: template.probationSeconds,
    applications: [...template.applications],
  };
}

/** Signs and records the device's next deployment: durable when it returns, before any device can learn of it. */
export function issueDeployment(issuing: Issuing, device: DesiredDevice, revision: string, now: number): void {
  const { store } = issuing;
  const sequence = nextSequence(store.observed(device.name));
  const envelope = issuing.sign(deploymentOf(device, sequence, revision, now));
  const applications = device.template.applications.map(({ name, version }) => ({ name, version }));
  const templateHash = device.template.hash;
  store.recordIssued(
    device.name,
    { sequence, revision, issuedAt: now, templateHash, applications, signedBy: issuing.keyId },
    envelope,
  );
}

/** What the shadow of a device should hold: its newest deployment, inline or by digest; undefined before the first. */
export function desiredShadow(issuing: Issuing, device: string): ShadowDesired | undefined {
  const { store } = issuing;
  const { issued } = store.observed(device);
  const envelope = store.envelope(device);
  if (issued === undefined || envelope === undefined) return undefined;
  const bytes = new TextEncoder().encode(envelope);
  if (bytes.length <= inlineEnvelopeBytesMax) return { sequence: issued.sequence, envelope };
  return { sequence: issued.sequence, blob: issuing.putBlob(bytes) };
}
