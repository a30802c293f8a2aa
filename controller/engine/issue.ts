/** Turns what a device should run into a deployment, and what was signed into what its shadow holds. */

import type {
  ApplicationReference,
  DeployedApplication,
  Deployment,
  ShadowDesired,
} from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { DesiredDevice, DeviceTemplate } from '../manifests/desired.ts';
import { type IssuedDeployment, nextSequence, type ObservedDevice } from '../planning/observed.ts';
import { equalJson, type JsonObject } from '../shadow/document.ts';
import { withDesired } from '../shadow/packed-shadow.ts';
import type { DeviceRecord } from './records.ts';

/** An envelope of at most this many bytes travels inside the shadow, which holds 8 KB in all. */
const inlineEnvelopeBytesMax = 4096;

/** A deployment that is to be signed, and what will be remembered of it. */
export interface Issue {
  readonly deployment: Deployment;
  readonly issued: IssuedDeployment;
}

/** By template: devices of a fleet share what they are to run. */
const references = new WeakMap<DeviceTemplate, readonly ApplicationReference[]>();

function referencesOf(template: DeviceTemplate): readonly ApplicationReference[] {
  const known = references.get(template) ?? template.applications.map(referenceTo);
  references.set(template, known);
  return known;
}

function referenceTo({ name, version, links }: DeployedApplication): ApplicationReference {
  if (links === undefined) return { name, version };
  return { name, version, links: Object.values(links).map((module) => `${module.name}/${module.version}`) };
}

/** What a deployment is issued by, and when. */
export interface Issuing {
  readonly revision: string;
  /** The id of the key that will sign it. */
  readonly signedBy: string;
  readonly now: number;
}

/** What a device gets next. */
export function nextIssue(device: DesiredDevice, observed: ObservedDevice, issuing: Issuing): Issue {
  const { template } = device;
  const { revision, signedBy, now } = issuing;
  const sequence = nextSequence(observed);
  const deployment: Deployment = {
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
  const applications = referencesOf(template);
  const templateHash = template.hash;
  return { deployment, issued: { sequence, revision, issuedAt: now, templateHash, applications, signedBy } };
}

/** Whether an envelope travels by digest, as a blob of the artifact store. */
export function travelsAsBlob(envelope: string): boolean {
  return Buffer.byteLength(envelope) > inlineEnvelopeBytesMax;
}

/** Where the envelope is fetched that does not travel inside the shadow. */
export function blobOf(envelope: string): { readonly sha256: string; readonly length: number } {
  const bytes = Buffer.from(envelope);
  return { sha256: sha256Hex(bytes), length: bytes.length };
}

/** What the shadow of a device should hold: its newest deployment, inline or by digest; undefined before the first. */
export function desiredShadow({
  issued,
  envelope,
}: Pick<DeviceRecord, 'issued' | 'envelope'>): ShadowDesired | undefined {
  if (issued === undefined || envelope === undefined) return undefined;
  const { sequence } = issued;
  return travelsAsBlob(envelope) ? { sequence, blob: blobOf(envelope) } : { sequence, envelope };
}

/** Whether the shadow wants the newest deployment, and nothing else; so it is before the first. */
export function isHandedOver({ issued, envelope, shadow }: DeviceRecord): boolean {
  const desired = shadow.desired?.state;
  if (issued === undefined || envelope === undefined) return true;
  if (desired === undefined || desired.sequence !== issued.sequence || Object.keys(desired).length !== 2) return false;
  if (!travelsAsBlob(envelope)) return desired.envelope === envelope;
  return equalJson(desired.blob, blobOf(envelope));
}

/**
 * The record with its shadow as the newest deployment wants it; the same record when it is so already. A device that reports so
 * much that its desired state has no room left loses its report, not its deployments.
 */
export function handOver(device: string, record: DeviceRecord, now: number): DeviceRecord {
  if (isHandedOver(record)) return record;
  const desired = desiredShadow(record) as unknown as JsonObject;
  const { reported: _lost, ...silent } = record.shadow;
  const shadow = withDesired(record.shadow, desired, now) ?? withDesired(silent, desired, now);
  if (shadow === undefined) throw new RangeError(`the desired state of ${device} is larger than a shadow`);
  return { ...record, shadow };
}

/** The record of a device that git does not name: its shadow wants nothing of it. */
export function withdrawn(record: DeviceRecord): DeviceRecord {
  const { desired, ...shadow } = record.shadow;
  return desired === undefined ? record : { ...record, shadow };
}
