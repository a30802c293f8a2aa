/** What is known of the fleet, under `/api/v1`: each answer at one moment, with an entity tag, and no more than is theirs who asks. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { OperationName } from '../../../schemas/api-operations.ts';
import { type Caller, isUnlimited, type Limits } from '../../access/caller.ts';

import { parseDeviceQuery, parsePage } from '../../view/device-query.ts';
import { devicePage, fleetPage, releasePage, rolloutPage, sitePage } from '../../view/lists.ts';
import { BadQuery, refuseUnknown, textOf } from '../../view/query-parts.ts';
import { NothingThere, type StatusQuery } from '../../view/selection.ts';
import { type StatusInputs, statusDocument, unsettled } from '../../view/status.ts';
import { parseStatusQuery, parseTarget } from '../../view/status-query.ts';
import type { View } from '../../view/view.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';
import { type AskedByCaller, queryOf } from './route.ts';

export interface ViewParts {
  /** Looks at all that is known at one moment. */
  readonly inView: <T>(look: (inputs: StatusInputs) => T | Promise<T>) => Promise<T>;
  readonly changes: Pick<View, 'changeId'>;
}

/** A question as it was read: what to look at, and what of it is the caller's to see. */
interface Question {
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  readonly limits: { readonly within?: Limits };
}

type Look = (question: Question) => (inputs: StatusInputs) => unknown;

/** What of all there is a caller may see. */
export function limitsOf(caller: Caller): Question['limits'] {
  const { fleets, sites } = caller;
  if (isUnlimited(caller)) return {};
  return { within: { ...(fleets !== undefined && { fleets }), ...(sites !== undefined && { sites }) } };
}

const noParameters: ReadonlySet<string> = new Set();

function one(kind: 'fleet' | 'site' | 'device', name: string, limits: Question['limits']): StatusQuery {
  return { target: { kind, name }, ...limits };
}

/** A part of the status of one thing that is there. */
async function partOf<T>(
  inputs: StatusInputs,
  query: StatusQuery,
  part: (document: Awaited<ReturnType<typeof statusDocument>>) => T | undefined,
): Promise<T> {
  const found = part(await statusDocument(inputs, query));
  if (found === undefined) throw new NothingThere(`there is nothing of that kind of ${query.target?.name}`);
  return found;
}

function eventsTarget(query: URLSearchParams): NonNullable<StatusQuery['target']> {
  const text = textOf(query, 'target');
  const target = text === undefined ? undefined : parseTarget(text);
  if (target !== undefined && target.kind !== 'site') return target;
  throw new BadQuery(`target ${JSON.stringify(text)} is not device/NAME or fleet/NAME`);
}

function statusQuery({ query, limits }: Question): StatusQuery {
  const asked = parseStatusQuery(query);
  // The rows of fleets and devices are what is decided by, and say more than is shown.
  if (asked.withRows === true && limits.within !== undefined)
    throw new BadQuery('rows are not for a token that is limited to fleets or sites');
  return { ...asked, ...limits };
}

/** Each operation that looks at something, by what it looks at. A query is read, and refused, before anything is looked at. */
const looks = {
  getStatus: (question) => {
    const query = statusQuery(question);
    return (inputs) => statusDocument(inputs, query);
  },
  getSummary:
    ({ limits }) =>
    (inputs) =>
      statusDocument(inputs, { page: { limit: 0 }, ...limits }),
  listDevices: ({ query, limits }) => {
    const asked = { ...parseDeviceQuery(query), ...limits };
    return (inputs) => devicePage(inputs, asked);
  },
  getDevice:
    ({ params, limits }) =>
    (inputs) =>
      partOf(inputs, one('device', params.name!, limits), ({ devices }) => devices[0]),
  listFleets: ({ query, limits }) => {
    const page = parsePage(query);
    return (inputs) => fleetPage(inputs, page, limits.within);
  },
  getFleet:
    ({ params, limits }) =>
    (inputs) =>
      partOf(inputs, one('fleet', params.name!, limits), ({ fleets }) => fleets[0]),
  listSites: ({ query, limits }) => {
    const page = parsePage(query);
    return (inputs) => sitePage(inputs, page, limits.within);
  },
  getSite:
    ({ params, limits }) =>
    (inputs) =>
      partOf(inputs, one('site', params.name!, limits), ({ sites }) => sites[0]),
  listRollouts: ({ query, limits }) => {
    const page = parsePage(query);
    return (inputs) => rolloutPage(inputs, page, limits.within);
  },
  getRollout:
    ({ params, limits }) =>
    (inputs) =>
      partOf(inputs, one('fleet', params.fleet!, limits), ({ fleets }) => fleets[0]?.rollout),
  listReleases: ({ query }) => {
    const page = parsePage(query);
    return (inputs) => releasePage(inputs, page);
  },
  getRevisions: () => (inputs) => ({ kind: 'Revisions', source: inputs.source }),
  listEvents: ({ query, limits }) => {
    refuseUnknown(query, new Set(['target']));
    const asked = { target: eventsTarget(query), ...limits };
    return async (inputs) => ({
      kind: 'Events',
      items: await partOf(inputs, asked, ({ devices, fleets }) =>
        asked.target.kind === 'device' ? devices[0]?.events : (fleets[0]?.rollout?.events ?? []),
      ),
    });
  },
  listRefusals:
    ({ limits }) =>
    (inputs) => ({ kind: 'Refusals', items: unsettled(inputs, limits.within) }),
  getTrust: () => (inputs) => ({
    kind: 'Trust',
    ...(inputs.context.keyId !== '' && { deploymentKey: inputs.context.keyId }),
    items: inputs.expiry ?? [],
  }),
} as const satisfies Partial<Record<OperationName, Look>>;

/** Operations that look at something. */
export type LookName = keyof typeof looks;

/** Those that take no parameters. */
const plain: ReadonlySet<LookName> = new Set<LookName>([
  ...([
    'getSummary',
    'getDevice',
    'getFleet',
    'getSite',
    'getRollout',
    'getRevisions',
    'listRefusals',
    'getTrust',
  ] as const),
]);

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function answerOf(
  { inView, changes }: ViewParts,
  look: (inputs: StatusInputs) => unknown,
  known: string | undefined,
): Promise<HttpResponse> {
  // Of before: what changes while the answer is made may not be in it.
  const { changeId } = changes;
  return inView(async (inputs) => {
    // Of the view and the broker alone: the time of the answer is no news.
    const etag = `"${changeId}-${inputs.broker?.since ?? ''}"`;
    if (known === etag) return { status: 304, headers: { etag }, body: nothing() };
    return jsonAnswer(200, await look(inputs), { etag });
  });
}

/** Answers a question; one that makes no sense, or is about nothing that is there, is refused in its own words. */
export async function answerQuestion(answer: () => HttpResponse | Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof BadQuery) return errorAnswer(400, 'BAD_QUERY', error.message);
    if (error instanceof NothingThere) return errorAnswer(404, 'NOTHING_THERE', error.message);
    throw error;
  }
}

/** Answers an operation that looks at something. */
export async function lookAnswer(parts: ViewParts, name: LookName, asked: AskedByCaller): Promise<HttpResponse> {
  const { request, params, caller } = asked;
  const query = queryOf(request);
  return answerQuestion(() => {
    if (plain.has(name)) refuseUnknown(query, noParameters);
    return answerOf(parts, looks[name]({ query, params, limits: limitsOf(caller) }), request.headers['if-none-match']);
  });
}

/** The names of all of them. */
export const lookNames = Object.keys(looks) as LookName[];
