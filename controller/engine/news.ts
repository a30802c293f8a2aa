/** A device without a session asks whether there is news: its report is judged as any other, and what it should know follows. */
import { sumOfJson } from '../../schemas/brief-report.ts';
import type { NewsAnswer } from '../../schemas/news.ts';
import type { ShadowRejection } from '../shadow/request.ts';
import type { Context } from './context.ts';
import { shadowOf } from './device-shadow.ts';
import type { Draft } from './draft.ts';
import type { NewsEvent } from './events.ts';
import { type Answered, answerShadowRequest } from './shadow-request.ts';
import { withContact } from './silences.ts';

const otherBase = 409;

function fateOf(rejection: ShadowRejection | undefined): Pick<NewsAnswer, 'report' | 'message'> {
  if (rejection === undefined) return { report: 'taken' };
  if (rejection.code === otherBase) return { report: 'other-base' };
  return { report: 'refused', message: rejection.message };
}

/** What is desired, where that is other than what the device knows. */
function newsTo(draft: Draft, device: string, knows: number): Pick<NewsAnswer, 'desired'> {
  const desired = shadowOf(draft, device).desired?.state;
  if (knows === (desired === undefined ? 0 : sumOfJson(desired))) return {};
  return { desired: desired ?? null };
}

/** Takes the report, and says what became of it and what is news. */
export function tellNews(
  draft: Draft,
  context: Context,
  { device, knows, report }: NewsEvent,
): Pick<Answered, 'tales' | 'isNews'> & { readonly answer: NewsAnswer } {
  const request = { kind: 'shadow-request', operation: 'update', device, payload: report } as const;
  const { tales, isNews, rejection } = answerShadowRequest(draft, context, request);
  const fate = fateOf(rejection);
  // Who is not believed was heard all the same: it is not to be shown as dark.
  if (fate.report === 'refused' && context.desired.devices.has(device))
    draft.keep(device, withContact(draft.device(device), context, context.now));
  // Who is to say it once more learns the rest then.
  const news = fate.report === 'other-base' ? {} : newsTo(draft, device, knows);
  return { answer: { ...fate, ...news }, tales, isNews };
}
