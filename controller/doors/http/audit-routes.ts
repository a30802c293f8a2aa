/** The audit: `GET /api/v1/audit`. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { AuditPage } from '../../../schemas/generated/types.ts';
import { auditPageMax } from '../../access/audit.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';
import { type AskedByCaller, queryOf } from './route.ts';

export interface AuditParts {
  /** Entries behind a number, so many at most. */
  readonly readAudit: (after: number, limit: number) => Promise<AuditPage>;
}

function numberIn(query: URLSearchParams, name: string, without: number, max: number): number | string {
  const text = query.get(name) ?? String(without);
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return number <= max ? number : `${name} ${JSON.stringify(text.slice(0, 64))} is no number from 0 to ${max}`;
}

/** A page of it. */
export async function auditAnswer({ readAudit }: AuditParts, { request }: AskedByCaller): Promise<HttpResponse> {
  const query = queryOf(request);
  const unknown = [...query.keys()].find((name) => name !== 'after' && name !== 'limit');
  if (unknown !== undefined)
    return errorAnswer(
      400,
      'BAD_QUERY',
      `nobody knows the parameter "${unknown.slice(0, 64)}"; there are after, limit`,
    );
  const after = numberIn(query, 'after', 0, Number.MAX_SAFE_INTEGER);
  const limit = numberIn(query, 'limit', auditPageMax, auditPageMax);
  if (typeof after === 'string' || typeof limit === 'string')
    return errorAnswer(400, 'BAD_QUERY', typeof after === 'string' ? after : String(limit));
  return jsonAnswer(200, await readAudit(after, limit));
}
