/** The audit: `GET /api/v1/audit`. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { AuditPage } from '../../../schemas/generated/types.ts';
import { auditPageMax } from '../../access/audit.ts';
import { BadQuery, refuseUnknown } from '../../view/query-parts.ts';
import { jsonAnswer } from './json-answer.ts';
import { type AskedByCaller, queryOf } from './route.ts';
import { answerQuestion } from './view-routes.ts';

export interface AuditParts {
  /** Entries behind a number, so many at most. */
  readonly readAudit: (after: number, limit: number) => Promise<AuditPage>;
}

function numberIn(query: URLSearchParams, name: string, without: number, max: number): number {
  const text = query.get(name) ?? String(without);
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= max) return number;
  throw new BadQuery(`${name} ${JSON.stringify(text.slice(0, 64))} is no number from 0 to ${max}`);
}

const known = new Set(['after', 'limit']);

/** A page of it. */
export function auditAnswer({ readAudit }: AuditParts, { request }: AskedByCaller): Promise<HttpResponse> {
  const query = queryOf(request);
  return answerQuestion(async () => {
    refuseUnknown(query, known);
    const after = numberIn(query, 'after', 0, Number.MAX_SAFE_INTEGER);
    const limit = numberIn(query, 'limit', auditPageMax, auditPageMax);
    return jsonAnswer(200, await readAudit(after, limit));
  });
}
