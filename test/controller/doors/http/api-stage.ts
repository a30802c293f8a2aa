import type { WhoAsks } from '../../../../controller/access/caller.ts';
import { Tokens } from '../../../../controller/access/tokens.ts';
import { brokerForAgents } from '../../../../controller/doors/http/broker-for-agents.ts';
import { byInstallationToken } from '../../../../controller/doors/http/credentials.ts';
import { enrolmentLimits } from '../../../../controller/doors/http/enrolment-limits.ts';
import { jsonAnswer } from '../../../../controller/doors/http/json-answer.ts';
import { newsLimits } from '../../../../controller/doors/http/news-route.ts';
import { ParcelBounds } from '../../../../controller/doors/http/parcel-route.ts';
import { type ApiParts, createApi } from '../../../../controller/doors/http/router.ts';
import { NothingThere } from '../../../../controller/view/selection.ts';
import { nodeClock } from '../../../../platform/node/clock.ts';
import { nodeRandom } from '../../../../platform/node/random.ts';
import type { HttpRequest, Peer } from '../../../../platform/ports.ts';
import type { StatusDocument } from '../../../../schemas/generated/types.ts';

/** What is told of the fleet here. */
export const status = { apiVersion: 'fleet/v1alpha1', kind: 'Status' } as StatusDocument;
/** Of a device that git names. */
export const device: Peer = { address: '10.0.0.1', device: 'buoy-1', keyFingerprint: 'SHA256:key' };
/** Without a certificate. */
export const nobody: Peer = { address: '10.0.0.2' };
/** What whoever has the controller's own token sends along. */
export const token = { authorization: 'Bearer the-token' };

/** What of a stage is otherwise. */
export interface StageOptions {
  readonly hook?: boolean;
  readonly isNamed?: (name: string) => boolean;
  readonly whoAsks?: WhoAsks;
  readonly callerLimits?: NonNullable<ApiParts['callerLimits']>;
  readonly recorder?: NonNullable<ApiParts['recorder']>;
}

/** An API over rooms that answer by what they are asked, and note what they see. */
export function stage({ hook = true, isNamed = (name) => name === 'buoy-1', ...options }: StageOptions = {}) {
  const seen: string[] = [];
  const parts: ApiParts = {
    requests: {
      ...{ placeOf: () => undefined, requestOf: async () => ({}) },
      ...{ askDevice: async () => undefined, withdrawRequest: async () => undefined },
    },
    artifacts: async (request) => ({
      status: 200,
      headers: { 'content-type': 'application/octet-stream' },
      body: (async function* () {
        yield new TextEncoder().encode(request.url);
      })(),
    }),
    fillParcel: async ({ releases }) => (releases.length === 0 ? undefined : new TextEncoder().encode(releases.join())),
    news: async (name, { knows }) => {
      seen.push(`news for ${name}, which knows ${knows}`);
      return knows === 1 ? undefined : { report: 'taken', ...(knows === 7 ? {} : { desired: { sequence: 2 } }) };
    },
    newsLimits: newsLimits(() => 0),
    parcelBounds: new ParcelBounds(() => 0),
    messages: async (name, part) => {
      seen.push(`part of ${part.length} bytes from ${name}`);
      if (part.length > 3) return { kind: 'too-many', seconds: 6 };
      return { kind: 'heard', ...(part.length > 2 && { answer: new TextEncoder().encode('taken') }) };
    },
    inView: async () => jsonAnswer(200, status) as never,
    changes: {
      changeId: 7,
      changesSince: () => [],
      listen: () => ({ [Symbol.dispose]: () => {} }),
      row: () => undefined,
    },
    clock: nodeClock,
    acceptRevision: async (name) => ({ kind: 'not-held', message: `not ${name}` }),
    makeBundle: async ({ site, device: one, days, who }) => {
      if (site === 'nowhere') throw new NothingThere('there is no site nowhere');
      if (site === 'away') return undefined;
      if (site === 'berth') return { code: 'NOTHING_OFFERED', message: 'nothing' };
      return { lease: [site ?? one, days, who].join(' '), texts: {}, left: [] };
    },
    noteBundle: async (lease) => lease === '0'.repeat(64),
    takeReceipt: async ({ receipt, who }) =>
      who === 'mallory'
        ? { kind: 'refused', code: 'RECEIPT_FORGED', message: 'no' }
        : { kind: 'taken', device: receipt.payload, madeAt: who },
    takeMessages: async ({ messages, who }) =>
      who === 'mallory'
        ? { kind: 'refused', code: 'RECEIPT_FORGED', message: 'no' }
        : { kind: 'taken', device: messages.device, application: 'gauge', channel: who, messages: 3 },
    actOnRollout: async ({ fleet, act, who, why, wave, revert }) => {
      if (fleet === 'trucks') return { code: 'NO_ROLLOUT', message: 'at once' };
      if (act === 'resume') return { code: 'ACT_REFUSED', message: 'it is running' };
      seen.push([fleet, act, who, why, wave, revert].join(' '));
      return undefined;
    },
    enrol: async (request, address) => {
      seen.push(`enrol ${request.device} from ${address}`);
      if (!isNamed(request.device)) return { kind: 'refused', code: 'DEVICE_UNKNOWN', message: 'no' };
      return { kind: 'enrolled', certificate: 'CERT', authority: 'CA' };
    },
    makeChallenge: () => 'what was asked',
    renew: async ({ device: name }, address) => {
      seen.push(`renew ${name} from ${address}`);
      if (name === 'eager') return { kind: 'too-many' };
      if (name === 'late') return { kind: 'full' };
      if (!isNamed(name)) return { kind: 'refused' };
      return { kind: 'renewed', certificate: 'CERT', authority: 'CA', time: 'TIME' };
    },
    brokerForAgents: () => brokerForAgents('mqtts://0.0.0.0:18883', true),
    notifyPush: () => seen.push('push'),
    authorize: (name) => (name === 'buoy-1' ? 'ok' : { code: 'DEVICE_UNKNOWN', message: name }),
    onRefusal: ({ code, device: name }) => seen.push(`refused ${name} ${code}`),
    readiness: () => ({ faults: {} }),
    ...{ tokens: new Tokens([], { now: () => 0, keep: async () => {}, note: () => {} }), random: nodeRandom },
    readAudit: async () => ({ first: 1, last: 0, entries: [] }),
    readMetrics: () => [{ name: 'fleet_seen', kind: 'gauge', help: 'Seen.', samples: [{ value: 1 }] }],
    whoAsks: options.whoAsks ?? byInstallationToken('the-token'),
    enrolments: enrolmentLimits(() => 0),
    ...(options.recorder && { recorder: options.recorder }),
    ...(options.callerLimits && { callerLimits: options.callerLimits }),
    ...(hook ? { webhookSecret: 'a-secret-of-the-hook' } : {}),
  };
  const api = createApi(parts);
  const ask = async (peer: Peer, method: HttpRequest['method'], url: string, rest: Partial<HttpRequest> = {}) => {
    const answer = await api({ method, url, headers: {}, ...rest }, peer, new AbortController().signal);
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const isJson = answer.headers['content-type'] === 'application/json';
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
  };
  return { ask, seen };
}

/** A body. */
export const json = (value: unknown) => ({ body: new TextEncoder().encode(JSON.stringify(value)) });
