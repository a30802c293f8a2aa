/** The shadow of a device, put together from its record and its documents, and what of a shadow is kept where. */
import type { Report, ShadowDesired } from '../../schemas/generated/types.ts';
import { isFailing, type ReportGist } from '../planning/observed.ts';
import type { JsonObject } from '../shadow/document.ts';
import { stateBytesMax } from '../shadow/limits.ts';
import type { PackedSection, PackedShadow } from '../shadow/packed-shadow.ts';
import type { Known } from './known.ts';
import type { DeviceRecord, DocumentKey, DocumentWrite, EnvelopeBlob, ShadowMark } from './records.ts';

/** Members of a desired state. */
const desiredNames = ['sequence', 'envelope', 'blob', 'request'] as const satisfies readonly (keyof ShadowDesired)[];

/** The shadow of a device that never had one. */
export const noShadow: ShadowMark = { version: 0, deleted: true };

/** What a shadow wants: a deployment, inline or by digest. */
export function desiredState(sequence: number, envelope: string | EnvelopeBlob): JsonObject {
  return typeof envelope === 'string' ? { sequence, envelope } : { sequence, blob: { ...envelope } };
}

/** Of a report, as its schema has it. */
const reportBytesMax = 3_072;
/** `{"reported":` and what stands about both. */
const frameBytes = 32;

/** Whether there is room in a shadow for a request beside the deployment, and for whatever its device reports. */
export function hasRoomForRequest(state: JsonObject, request: string, reportedBytes = 0): boolean {
  const bytes = Buffer.byteLength(JSON.stringify({ desired: { ...state, request } }));
  return bytes + Math.max(reportBytesMax, reportedBytes) + frameBytes <= stateBytesMax;
}

/** What a shadow asks for beside the deployment. */
function requestIn({ request, issued }: DeviceRecord): string | undefined {
  if (request === undefined || request.end === 'withdrawn') return undefined;
  const isOver = request.end === 'answered';
  return isOver && request.sequence !== issued?.sequence ? undefined : request.envelope;
}

/** Whether its shadow has the envelope of its newest deployment in it. */
function isInline({ issued, blob }: DeviceRecord): boolean {
  return issued !== undefined && blob === undefined;
}

/** What has to be at hand for its shadow. */
export function shadowDocuments(known: Known, name: string): DocumentKey[] {
  const record = known.device(name);
  const keys: DocumentKey[] = [];
  if (isInline(record)) keys.push({ room: 'envelope', name });
  if (record.gist !== undefined) keys.push({ room: 'reported', name });
  return keys;
}

/** What has to be at hand for what is still to do, which a report seldom changes. */
export function deltaDocuments(known: Known, name: string): DocumentKey[] {
  const isByReport = known.device(name).shadow.repeatsDesired === true;
  return shadowDocuments(known, name).filter(({ room }) => room === 'envelope' || isByReport);
}

function desiredOf(known: Known, name: string): PackedSection | undefined {
  const { issued, blob, shadow } = known.device(name);
  if (issued === undefined || shadow.desiredAt === undefined) return undefined;
  const envelope = blob ?? known.document('envelope', name);
  if (envelope === undefined) return undefined;
  const state = desiredState(issued.sequence, envelope);
  const request = requestIn(known.device(name));
  const isBeside = request !== undefined && hasRoomForRequest(state, request, shadow.reportedBytes);
  return { state: isBeside ? { ...state, request } : state, at: shadow.desiredAt };
}

function shadowWith(known: Known, name: string, reported: PackedSection | undefined): PackedShadow {
  const { version, deleted } = known.device(name).shadow;
  const desired = desiredOf(known, name);
  return {
    version,
    ...(deleted ? { deleted } : {}),
    ...(desired === undefined ? {} : { desired }),
    ...(reported === undefined ? {} : { reported }),
  };
}

/** What it has as reported. */
export function reportedOf(known: Known, name: string): PackedSection | undefined {
  return known.device(name).gist === undefined ? undefined : known.document('reported', name);
}

/** The whole shadow; `shadowDocuments` are at hand. */
export function shadowOf(known: Known, name: string): PackedShadow {
  return shadowWith(known, name, reportedOf(known, name));
}

/** As much of it as what is still to do depends on; `deltaDocuments` are at hand. */
export function shadowForDelta(known: Known, name: string): PackedShadow {
  const isByReport = known.device(name).shadow.repeatsDesired === true;
  return shadowWith(known, name, isByReport ? reportedOf(known, name) : undefined);
}

/** Its newest report, whole. */
export function reportOf(known: Known, name: string): Report | undefined {
  return reportedOf(known, name)?.state as unknown as Report | undefined;
}

/** What of a report is kept in the record of its device. */
export function gistOf(report: Report): ReportGist {
  const { phase, since, highestSequence, running, target, problem, waiting, applications, asks, answers } = report;
  return {
    ...{ phase, since, highestSequence, applications: applications.filter(isFailing) },
    ...(running === undefined ? {} : { running }),
    ...(target === undefined ? {} : { target }),
    ...(problem === undefined ? {} : { problem }),
    ...(waiting === undefined ? {} : { waiting }),
    ...(asks === undefined ? {} : { asks }),
    ...(answers === undefined ? {} : { answers }),
  };
}

function marked(shadow: ShadowMark, version: number, state: JsonObject, reportedBytes: number): ShadowMark {
  const { deleted: _isThereNow, repeatsDesired: _before, ...rest } = shadow;
  const repeatsDesired = desiredNames.some((name) => Object.hasOwn(state, name));
  return { ...rest, version, reportedBytes, ...(repeatsDesired ? { repeatsDesired } : {}) };
}

/** The record with a report that is in its shadow from now on, and the document of it. */
export function withReport(
  name: string,
  record: DeviceRecord,
  version: number,
  reported: PackedSection,
): { readonly record: DeviceRecord; readonly document: DocumentWrite } {
  const { state, at } = reported;
  const report = state as unknown as Report;
  const text = JSON.stringify(state);
  return {
    record: {
      ...record,
      gist: gistOf(report),
      runs: report.applications.map((application) => `${application.name}/${application.version} `).join(''),
      shadow: marked(record.shadow, version, state, Buffer.byteLength(text)),
    },
    document: {
      ...{ kind: 'document', room: 'reported', name, value: reported },
      text: `{"state":${text},"at":${JSON.stringify(at)}}`,
    },
  };
}

/** A record of which nothing is said as reported any more. */
export function withoutReport({ gist: _gist, runs: _runs, shadow, ...record }: DeviceRecord): DeviceRecord {
  const { reportedBytes: _bytes, repeatsDesired: _members, ...rest } = shadow;
  return { ...record, shadow: rest };
}
