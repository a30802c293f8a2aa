import { clockWords } from './clock-words.ts';
import { consentWords } from './consent-words.ts';
import type { DeviceEvent, Report } from './generated/types.ts';

type Told = Pick<DeviceEvent, 'code' | 'message'>;

const phaseStories: Readonly<Record<Report['phase'], (sequence: string) => string>> = {
  idle: () => 'waits for its first deployment',
  fetching: (sequence) => `fetches deployment ${sequence}`,
  staged: (sequence) => `has all of deployment ${sequence}`,
  waiting: (sequence) => `waits for a moment to go on with deployment ${sequence}`,
  activating: (sequence) => `switches over to deployment ${sequence}`,
  probation: (sequence) => `runs deployment ${sequence} on probation`,
  active: (sequence) => `runs deployment ${sequence}`,
};

function phaseEvents(previous: Report | undefined, next: Report): Told[] {
  const sequence = String(next.target?.sequence ?? next.running?.sequence ?? '');
  const same = previous?.phase === next.phase && previous.target?.sequence === next.target?.sequence;
  if (same && previous.running?.sequence === next.running?.sequence) return [];
  return [{ code: `PHASE_${next.phase.toUpperCase()}`, message: phaseStories[next.phase](sequence) }];
}

function problemEvents(previous: Report | undefined, next: Report): Told[] {
  const { problem } = next;
  if (problem === undefined) return [];
  const before = previous?.problem;
  if (before?.code === problem.code && before.sequence === problem.sequence && before.message === problem.message)
    return [];
  return [{ code: problem.code, message: problem.message }];
}

function applicationEvents(previous: Report | undefined, next: Report): Told[] {
  return next.applications.flatMap((application) => {
    const before = previous?.applications.find(({ name }) => name === application.name);
    const failed = application.state === 'failed' || application.state === 'backoff';
    if (!failed || (before?.state === application.state && before.version === application.version)) return [];
    const why = application.message ?? `exit code ${application.exitCode ?? 'unknown'}`;
    const again =
      application.events === undefined ? 'ended and will be started again' : 'fails, and is tried again later';
    const word = application.state === 'failed' ? 'has failed' : again;
    return [{ code: 'APPLICATION_FAILED', message: `${application.name} ${application.version} ${word}: ${why}` }];
  });
}

function consentEvents(previous: Report | undefined, { consent }: Report): Told[] {
  const before = previous?.consent;
  if (consent === undefined || (before?.at === consent.at && before.sequence === consent.sequence)) return [];
  const code = consent.answer === 'granted' ? 'CONSENT_GRANTED' : 'CONSENT_DENIED';
  return [{ code, message: consentWords(consent) }];
}

/** A clock is told when it turns out wrong, or right again. */
function clockEvents(previous: Report | undefined, { clock }: Report): Told[] {
  if (previous?.clock?.stands === clock?.stands) return [];
  return clock === undefined
    ? [{ code: 'CLOCK_RIGHT', message: 'nothing says any more that its clock is wrong' }]
    : [{ code: 'CLOCK_WRONG', message: clockWords(clock) }];
}

/** What happened on a device between two of its reports, oldest first; in the same words wherever it is told. */
export function eventsBetween(previous: Report | undefined, next: Report, at: string): DeviceEvent[] {
  const told = [
    ...clockEvents(previous, next),
    ...consentEvents(previous, next),
    ...phaseEvents(previous, next),
    ...problemEvents(previous, next),
    ...applicationEvents(previous, next),
  ];
  return told.map((event) => ({ at, ...event }));
}
