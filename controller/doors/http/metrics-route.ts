/** `/metrics`, for programs that watch. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { Family } from '../../metrics/family.ts';
import { expositionType, writeExposition } from '../../metrics/write-exposition.ts';
import { bytesAnswer } from './json-answer.ts';
import type { CallerRoute } from './route.ts';

/** Reads all that is told now. */
export type ReadMetrics = () => readonly Family[];

/** The answer: OpenMetrics text. */
export function metricsAnswer(read: ReadMetrics): HttpResponse {
  return bytesAnswer(new TextEncoder().encode(writeExposition(read())), expositionType);
}

/** On the API: for callers who may see all there is. */
export function metricsRoute(read: ReadMetrics): CallerRoute {
  return { method: 'GET', path: '/metrics', for: 'view', answer: () => metricsAnswer(read) };
}
