/** What people and programs ask and do: `/api/v1`. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { RevisionStatus } from '../../../schemas/generated/types.ts';
import { bundleAnswer, type MakeBundle, type NoteBundle, writtenAnswer } from './bundle-routes.ts';
import { changeFeeds, type FeedParts } from './change-feed.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';
import { parseJson } from './json-body.ts';
import { messagesAnswer, receiptAnswer, type TakeMessages, type TakeReceipt } from './receipt-routes.ts';
import { type ActOnRollout, actAnswer } from './rollout-routes.ts';
import type { CallerRoute } from './route.ts';
import { type StatusParts, statusAnswer } from './status-routes.ts';

/** Messages that were carried by hand are brought here, in bodies longer than others. */
export const carriedPath = '/api/v1/receipts/messages';

/** What became of an operator's wish to take a commit. */
export type RevisionAcceptance =
  | { readonly kind: 'accepted'; readonly revision: RevisionStatus }
  | { readonly kind: 'not-held'; readonly message: string };

export interface OperatorParts extends FeedParts, Pick<StatusParts, 'status'> {
  /** Takes a commit that is held back, named by its id or the beginning of it. */
  readonly acceptRevision: (name: string) => Promise<RevisionAcceptance>;
  readonly actOnRollout: ActOnRollout;
  readonly makeBundle: MakeBundle;
  readonly noteBundle: NoteBundle;
  readonly takeReceipt: TakeReceipt;
  readonly takeMessages: TakeMessages;
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

type AnswerBody = (body: unknown) => Promise<HttpResponse>;

/** What is done, by the path under `/api/v1` and the scope that it needs. */
function acts(parts: OperatorParts): CallerRoute[] {
  const act = (path: string, scope: CallerRoute['for'], operation: string, answer: AnswerBody): CallerRoute => ({
    ...{ method: 'POST', path, for: scope, operation },
    answer: ({ request }) => answer(parseJson(request.body)),
  });
  return [
    act('/api/v1/source/accept', 'admin', 'acceptRevision', (body) => acceptAnswer(parts, body)),
    act('/api/v1/rollouts/act', 'operate', 'actOnRollout', (body) => actAnswer(parts.actOnRollout, body)),
    act('/api/v1/bundles', 'operate', 'makeBundle', (body) => bundleAnswer(parts.makeBundle, body)),
    act('/api/v1/bundles/written', 'operate', 'noteBundle', (body) => writtenAnswer(parts.noteBundle, body)),
    act('/api/v1/receipts', 'operate', 'takeReceipt', (body) => receiptAnswer(parts.takeReceipt, body)),
    act(carriedPath, 'operate', 'takeMessages', (body) => messagesAnswer(parts.takeMessages, body)),
  ];
}

/** All of them. */
export function operatorRoutes(parts: OperatorParts): CallerRoute[] {
  const changes = changeFeeds(parts);
  const get = (path: string, operation: string, answer: CallerRoute['answer']): CallerRoute => ({
    ...{ method: 'GET', path, for: 'view', operation, answer },
  });
  return [
    get('/api/v1/status', 'getStatus', ({ request }) => statusAnswer(parts, request)),
    get('/api/v1/changes', 'followChanges', ({ request, signal }) => changes(request, signal)),
    ...acts(parts),
  ];
}
