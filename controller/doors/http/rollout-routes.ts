/** What an operator does to a rollout: `POST /api/v1/rollouts/act`. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { RolloutActRequest } from '../../../schemas/generated/types.ts';
import { isRolloutActRequest } from '../../../schemas/generated/validators/rollout-act.js';
import { errorAnswer, jsonAnswer } from './json-answer.ts';

/** Why an act was not done. */
export interface ActRefusal {
  readonly code: 'ACT_REFUSED' | 'NO_ROLLOUT';
  readonly message: string;
}

/** Does it; undefined when it is done and durable. */
export type ActOnRollout = (asked: RolloutActRequest) => Promise<ActRefusal | undefined>;

const refusalStatus: Readonly<Record<ActRefusal['code'], number>> = { ACT_REFUSED: 409, NO_ROLLOUT: 404 };

function fault(): string {
  const { instancePath = '', message = 'no JSON', params } = isRolloutActRequest.errors?.[0] ?? {};
  const allowed: unknown = params?.allowedValues;
  const choices = Array.isArray(allowed) ? `: ${allowed.join(', ')}` : '';
  const unknown = typeof params?.additionalProperty === 'string' ? ` (${params.additionalProperty.slice(0, 64)})` : '';
  return `${instancePath === '' ? 'the body' : instancePath.slice(1)} ${message}${choices}${unknown}`;
}

/** What is said of one act alone. */
const ofOneAct = { wave: 'approve', device: 'allow-whole', revert: 'abort' } as const;

/** What was asked for besides and means nothing for this act: who wrote it meant something. */
function unmeant(asked: RolloutActRequest): string | undefined {
  for (const field of ['wave', 'device', 'revert'] as const) {
    const own = ofOneAct[field];
    if (!asked[field] || asked.act === own) continue;
    return `${field} is said of ${own}, and ${asked.act} takes none, so that nothing was done: leave it out, or ask for ${own}`;
  }
  return undefined;
}

/** Answers it; `body` is as it came, and `isTheirs` tells whether who asks may act on a fleet. */
export async function actAnswer(
  act: ActOnRollout,
  body: unknown,
  isTheirs: (fleet: string) => boolean,
): Promise<HttpResponse> {
  if (!isRolloutActRequest(body)) return errorAnswer(400, 'BAD_REQUEST', fault());
  const wrong = unmeant(body);
  if (wrong !== undefined) return errorAnswer(400, 'BAD_REQUEST', wrong);
  if (!isTheirs(body.fleet))
    return errorAnswer(
      403,
      'LIMITED',
      `the rollout of ${body.fleet} is not of your fleets, or of more than your sites`,
    );
  const refused = await act(body);
  if (refused !== undefined) return errorAnswer(refusalStatus[refused.code], refused.code, refused.message);
  return jsonAnswer(200, { done: true });
}
