import type { Consent } from '../../schemas/generated/types.ts';
import { clockDoubt, dayOf, type Times } from './clock-doubt.ts';
import { type Gate, type Look, type Purpose, waiting } from './gate.ts';

/** Whom a consent gate asks. */
export interface ConsentWorld extends Times {
  /** What somebody aboard said last. */
  readonly consent: () => Consent | undefined;
  /** For how long it still counts; nothing or less where it is over, undefined where that can't be known. */
  readonly leftMs: (said: Consent) => number | undefined;
}

const words = { granted: 'yes', denied: 'no' } as const;

function needed(to: Purpose, sequence: number, lapsed: Consent | undefined): Look {
  const ended =
    lapsed === undefined ? '' : `; the ${words[lapsed.answer]} of ${lapsed.by} counted until ${lapsed.until}`;
  const message = `waits to ${to} until somebody aboard says yes to deployment ${sequence}: fleet-agent.js consent --grant${ended}`;
  return { kind: 'closed', forMs: Number.POSITIVE_INFINITY, waiting: waiting(to, 'CONSENT_NEEDED', message) };
}

function denied(to: Purpose, { by, reason, until }: Consent, forMs: number): Look {
  const why = reason === undefined ? '' : `: ${reason}`;
  const end = until === undefined ? '' : ` until ${until}`;
  return { kind: 'closed', forMs, waiting: waiting(to, 'CONSENT_DENIED', `${by} said no${end}${why}`) };
}

/** Its clock was set back since: to before it was said. */
function unsure(to: Purpose, doubted: string, { at }: Consent, nowMs: number): Look {
  const message = `its clock shows ${dayOf(nowMs)} and stands before ${at.slice(0, 16)}Z, when that was said; ${doubted} until it is set`;
  return { kind: 'closed', forMs: Number.POSITIVE_INFINITY, waiting: waiting(to, 'CLOCK_UNSURE', message) };
}

function lookAt(to: Purpose, sequence: number, world: ConsentWorld): Look {
  const said = world.consent();
  if (said?.sequence !== sequence) return needed(to, sequence, undefined);
  const doubted = `whether the ${words[said.answer]} of ${said.by} still counts is not known`;
  const doubt = said.until === undefined ? undefined : clockDoubt(to, doubted, world);
  if (doubt !== undefined) return { kind: 'closed', forMs: Number.POSITIVE_INFINITY, waiting: doubt };
  const forMs = world.leftMs(said);
  if (forMs === undefined) return unsure(to, doubted, said, world.nowMs());
  if (forMs <= 0) return needed(to, sequence, said);
  return said.answer === 'granted' ? { kind: 'open', forMs } : denied(to, said, forMs);
}

/** Open while what somebody aboard said about this deployment is a yes that counts. */
export function consentGate(to: Purpose, sequence: number, world: ConsentWorld): Gate {
  return { look: () => lookAt(to, sequence, world) };
}
