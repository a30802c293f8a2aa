/** What is known of the fleet: `GET /api/v1/status?target=fleet/NAME&selector=a=b&limit=100&after=NAME`, one document with an ETag. */
import type { HttpRequest, HttpResponse } from '../../../platform/ports.ts';
import type { StatusDocument } from '../../../schemas/generated/types.ts';
import { NothingThere, type StatusQuery } from '../../view/selection.ts';
import { BadQuery, parseStatusQuery } from '../../view/status-query.ts';
import type { View } from '../../view/view.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';
import { queryOf } from './route.ts';

export interface StatusParts {
  readonly status: (query: StatusQuery) => Promise<StatusDocument>;
  readonly changes: Pick<View, 'changeId'>;
}

/** Answers `GET /api/v1/status`. */
export async function statusAnswer({ status, changes }: StatusParts, request: HttpRequest): Promise<HttpResponse> {
  try {
    const query = parseStatusQuery(queryOf(request));
    // Of before: what changes while the answer is made may not be in it.
    const { changeId } = changes;
    const document = await status(query);
    // Of the view and the broker alone: the time of the answer is no news.
    const etag = `"${changeId}-${document.broker?.since ?? ''}"`;
    if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: nothing() };
    return jsonAnswer(200, document, { etag });
  } catch (error) {
    if (error instanceof BadQuery) return errorAnswer(400, 'BAD_QUERY', error.message);
    if (error instanceof NothingThere) return errorAnswer(404, 'NOTHING_THERE', error.message);
    throw error;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
