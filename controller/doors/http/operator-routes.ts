/** What people and programs ask and do under `/api/v1`, bound to its contract (`schemas/api-operations.ts`). */
import type { HttpResponse } from '../../../platform/ports.ts';
import { type Operation, type OperationName, operations } from '../../../schemas/api-operations.ts';
import openApi from '../../../schemas/generated/open-api.json' with { type: 'json' };
import type { RevisionStatus } from '../../../schemas/generated/types.ts';
import { isObject } from '../../../schemas/json-object.ts';
import { type Caller, isTheirs } from '../../access/caller.ts';
import { type AuditParts, auditAnswer } from './audit-routes.ts';
import { bundleAnswer, type MakeBundle, type NoteBundle, writtenAnswer } from './bundle-routes.ts';
import { changeFeeds, type FeedParts } from './change-feed.ts';
import { bytesAnswer, errorAnswer, jsonAnswer } from './json-answer.ts';
import { parseJson } from './json-body.ts';
import { messagesAnswer, receiptAnswer, type TakeMessages, type TakeReceipt } from './receipt-routes.ts';
import { askAnswer, type RequestParts, requestAnswer, withdrawAnswer } from './request-routes.ts';
import { type ActOnRollout, actAnswer } from './rollout-routes.ts';
import type { AskedByCaller, CallerRoute, Route } from './route.ts';
import { makeTokenAnswer, revokeTokenAnswer, type TokenParts, tokensAnswer } from './token-routes.ts';
import { type LookName, lookAnswer, lookNames, type ViewParts } from './view-routes.ts';

/** Messages that were carried by hand are brought here, in bodies longer than others. */
export const carriedPath = operations.takeMessages.path;

/** What became of an operator's wish to take a commit. */
export type RevisionAcceptance =
  | { readonly kind: 'accepted'; readonly revision: RevisionStatus }
  | { readonly kind: 'not-held'; readonly message: string };

export interface OperatorParts extends FeedParts, Pick<ViewParts, 'inView'>, TokenParts, AuditParts {
  /** Takes a commit that is held back, named by its id or the beginning of it. */
  readonly acceptRevision: (name: string) => Promise<RevisionAcceptance>;
  readonly actOnRollout: ActOnRollout;
  readonly makeBundle: MakeBundle;
  readonly noteBundle: NoteBundle;
  readonly takeReceipt: TakeReceipt;
  readonly takeMessages: TakeMessages;
  readonly requests: RequestParts;
}

/** As short as git itself shows ids, and as long as they are. */
const revisionName = /^[0-9a-f]{7,40}$/;

async function acceptAnswer({ acceptRevision }: OperatorParts, body: unknown): Promise<HttpResponse> {
  const revision = (body as { readonly revision?: unknown } | null | undefined)?.revision;
  if (typeof revision !== 'string' || !revisionName.test(revision))
    return errorAnswer(400, 'BAD_REQUEST', 'revision must be the id of a commit, or at least 7 characters of it');
  const answer = await acceptRevision(revision);
  if (answer.kind === 'not-held') return errorAnswer(409, 'NOT_HELD', answer.message);
  return jsonAnswer(202, { revision: answer.revision });
}

/** Who has a token of their own is on record by its name, whoever the client says they are. */
function inNameOf({ kind, name }: Caller, body: unknown): unknown {
  return kind === 'installation' || !isObject(body) || !('who' in body) ? body : { ...body, who: name };
}

type Answer = (asked: AskedByCaller) => HttpResponse | Promise<HttpResponse>;

/** The operations that do something, or go on. */
type DoingName = Exclude<OperationName, LookName>;

function doing(parts: OperatorParts): Readonly<Record<DoingName, Answer>> {
  const changes = changeFeeds(parts);
  const withBody =
    (answer: (body: unknown, caller: Caller) => HttpResponse | Promise<HttpResponse>): Answer =>
    ({ request, caller }) =>
      answer(inNameOf(caller, parseJson(request.body)), caller);
  return {
    followChanges: ({ request, caller, signal }) => changes(request, caller, signal),
    acceptRevision: withBody((body) => acceptAnswer(parts, body)),
    actOnRollout: withBody((body, caller) =>
      actAnswer(parts.actOnRollout, body, (fleet) => isTheirs(caller, { fleet })),
    ),
    makeBundle: withBody((body) => bundleAnswer(parts.makeBundle, body)),
    noteBundle: withBody((body) => writtenAnswer(parts.noteBundle, body)),
    takeReceipt: withBody((body) => receiptAnswer(parts.takeReceipt, body)),
    takeMessages: withBody((body) => messagesAnswer(parts.takeMessages, body)),
    getCaller: ({ caller }) => jsonAnswer(200, caller),
    getRequest: (asked) => requestAnswer(parts.requests, asked),
    askDevice: (asked) => askAnswer(parts.requests, asked),
    withdrawRequest: (asked) => withdrawAnswer(parts.requests, asked),
    listAudit: (asked) => auditAnswer(parts, asked),
    listTokens: () => tokensAnswer(parts),
    makeToken: withBody((body, caller) => makeTokenAnswer(parts, body, caller)),
    revokeToken: ({ params, caller }) => revokeTokenAnswer(parts, params.name!, caller),
  };
}

function routeOf(operation: OperationName, answer: Answer): CallerRoute {
  const { method, path, for: scope, judgesLimits }: Operation = operations[operation];
  return { method, path, for: scope, operation, ...(judgesLimits && { judgesLimits }), answer };
}

/** All of them, and the document that says so. */
export function operatorRoutes(parts: OperatorParts): Route[] {
  // Anybody may ask for it: it is written once.
  const document = new TextEncoder().encode(`${JSON.stringify(openApi)}\n`);
  return [
    ...lookNames.map((name) => routeOf(name, (asked) => lookAnswer(parts, name, asked))),
    ...Object.entries(doing(parts)).map(([name, answer]) => routeOf(name as DoingName, answer)),
    {
      method: 'GET',
      path: '/api/v1/openapi.json',
      for: 'anyone',
      answer: () => bytesAnswer(document, 'application/json'),
    },
  ];
}
