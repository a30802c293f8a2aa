/** Turns what a device should run into a deployment, and what was signed into what its shadow holds. */
import type { ApplicationReference, DeployedApplication, Deployment } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { DesiredDevice, DeviceTemplate } from '../manifests/desired.ts';
import { type IssuedDeployment, nextSequence, type ObservedDevice } from '../planning/observed.ts';
import { goesOnUnder, workOf } from '../planning/rollout/disturbance.ts';
import { stateBytesMax } from '../shadow/limits.ts';
import { desiredState, withoutReport } from './device-shadow.ts';
import type { Draft } from './draft.ts';
import type { DeviceRecord, EnvelopeBlob } from './records.ts';

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
  /** The hash of the fleet definition that it is drawn by. */
  readonly definition: string | undefined;
  /** Of the rollout of its fleet. */
  readonly retries: number | undefined;
  /** The id of the key that will sign it. */
  readonly signedBy: string;
  /** Somebody let the device take modules whole. */
  readonly mayGoWhole: boolean;
  readonly now: number;
}

/** What a device gets next. */
export function nextIssue(device: DesiredDevice, observed: ObservedDevice, issuing: Issuing): Issue {
  const { template } = device;
  const { revision, definition, retries, signedBy, now } = issuing;
  const isLet = issuing.mayGoWhole && template.wholeModules === 'ask';
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
    ...(template.windows === undefined ? {} : { windows: template.windows }),
    ...(template.when === undefined ? {} : { when: template.when }),
    ...(template.consent === undefined ? {} : { consent: template.consent }),
    ...(template.links === undefined ? {} : { links: template.links }),
    ...(template.wholeModules === undefined || isLet ? {} : { wholeModules: template.wholeModules }),
    applications: [...template.applications],
  };
  const applications = referencesOf(template);
  const templateHash = template.hash;
  const issued = { sequence, revision, issuedAt: now, templateHash, applications, signedBy, work: workOf(template) };
  return {
    deployment,
    issued: {
      ...issued,
      ...(goesOnUnder(observed, template, definition) ? { goesOn: true as const } : {}),
      ...(template.fleet === undefined ? {} : { fleet: template.fleet }),
      ...(definition === undefined ? {} : { definition }),
      ...(isLet ? { mayGoWhole: true } : {}),
      ...(retries === undefined ? {} : { retries }),
    },
  };
}

/** Whether an envelope travels by digest, as a blob of the artifact store. */
export function travelsAsBlob(envelope: string): boolean {
  return Buffer.byteLength(envelope) > inlineEnvelopeBytesMax;
}

/** Where the envelope is fetched that does not travel inside the shadow. */
export function blobOf(envelope: string): EnvelopeBlob {
  const bytes = Buffer.from(envelope);
  return { sha256: sha256Hex(bytes), length: bytes.length };
}

/** `,"reported":` */
const reportedNameBytes = 12;

/** Of the state of a shadow that wants this and nothing else, as its limit counts them; `text` is the envelope as JSON. */
function desiredBytes(sequence: number, text: string, blob: EnvelopeBlob | undefined): number {
  const frame = JSON.stringify({ desired: desiredState(sequence, blob ?? '') });
  return blob === undefined ? frame.length - 2 + Buffer.byteLength(text) : frame.length;
}

/**
 * The record with its shadow wanting the newest deployment; the same record when it does already, or there is none.
 */
export function handOver(record: DeviceRecord, now: number): DeviceRecord {
  const { deleted: _isThereNow, ...shadow } = record.shadow;
  if (record.issued === undefined || shadow.desiredAt !== undefined || shadow.withheldAt !== undefined) return record;
  return { ...record, shadow: { ...shadow, version: shadow.version + 1, desiredAt: Math.floor(now / 1000) } };
}

/**
 * Remembers a deployment that was signed as the newest, and hands it over. A device that reports so much that its desired state has
 * no room left loses its report, not its deployments.
 */
export function keepIssued(draft: Draft, name: string, issued: IssuedDeployment, envelope: string, now: number): void {
  const before = draft.device(name);
  const blob = travelsAsBlob(envelope) ? blobOf(envelope) : undefined;
  const text = JSON.stringify(envelope);
  const bytes = desiredBytes(issued.sequence, text, blob);
  if (bytes > stateBytesMax) throw new RangeError(`the desired state of ${name} is larger than a shadow`);
  const { reportedBytes } = before.shadow;
  const hasRoom = reportedBytes === undefined || bytes + reportedNameBytes + reportedBytes <= stateBytesMax;
  if (!hasRoom) draft.put({ kind: 'document', room: 'reported', name, value: undefined });
  const { blob: _before, ...rest } = offered(withdrawn(hasRoom ? before : withoutReport(before)));
  draft.keep(name, handOver({ ...rest, issued, ...(blob === undefined ? {} : { blob }) }, now));
  draft.put({ kind: 'document', room: 'envelope', name, value: envelope, text });
}

/** The record of a device whose shadow wants nothing of it: git does not name it. */
export function withdrawn(record: DeviceRecord): DeviceRecord {
  const { desiredAt, ...shadow } = record.shadow;
  return desiredAt === undefined ? record : { ...record, shadow };
}

/** The record of a device whose shadow wants nothing of it until it is offered that again. */
export function withheld(record: DeviceRecord, now: number): DeviceRecord {
  if (record.shadow.withheldAt !== undefined) return record;
  const { shadow, ...rest } = withdrawn(record);
  return { ...rest, shadow: { ...shadow, withheldAt: now } };
}

/** The record of a device of which nothing is withheld. */
export function offered(record: DeviceRecord): DeviceRecord {
  const { withheldAt, ...shadow } = record.shadow;
  return withheldAt === undefined ? record : { ...record, shadow };
}

/** The record of a device whose envelope is lost: its shadow wants nothing, and another deployment is issued above what it was. */
export function withoutEnvelope(record: DeviceRecord): DeviceRecord {
  const { issued } = record;
  return issued === undefined ? record : { ...withdrawn(record), issued: { ...issued, templateHash: '' } };
}
