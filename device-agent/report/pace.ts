import type { Report } from '../../schemas/generated/types.ts';

/** How much a report differs from the one before it, which decides how soon it is sent. */
export type Change = 'none' | 'numbers' | 'progress' | 'applications' | 'moment' | 'phase';

/** Milliseconds that must lie between two reports when this is all that changed. */
export const spacingMs: Readonly<Record<Exclude<Change, 'none'>, number>> = {
  phase: 0,
  moment: 0,
  applications: 5_000,
  progress: 60_000,
  numbers: 900_000,
};

/** A phase that passes by itself is told once an update has been in such phases for this long: most have gone by then. */
export const passingMs = 3_000;

const passing: ReadonlySet<Report['phase']> = new Set(['fetching', 'staged', 'activating', 'probation']);

/** Whether what a report says is soon over, whatever anybody does. */
export function isPassing({ phase }: Report): boolean {
  return passing.has(phase);
}

/** A condition that opens and closes takes it from one of these to another; where it gets on, `since` is new. */
const onTheWay: readonly Report['phase'][] = ['fetching', 'staged', 'waiting'];

function phasePart({ phase, since, running, target, problem, highestSequence, consent }: Report): string {
  const stage = onTheWay.includes(phase) ? 'on the way' : phase;
  return JSON.stringify([stage, since, running, target, problem, highestSequence, consent]);
}

/** What is waited for. */
function momentPart({ phase, waiting }: Report): string {
  const { seen: _seen, flapping: _flapping, ...wait } = waiting ?? {};
  return JSON.stringify([phase, wait]);
}

function applicationsPart({ applications, downloads, hostDeath, outbox, clock }: Report): string {
  return JSON.stringify([
    applications.map(({ usage: _usage, events: _events, facts: _facts, flapping: _flapping, snapshot, ...rest }) => {
      return [rest, snapshot?.fault];
    }),
    downloads,
    hostDeath,
    outbox?.held?.code,
    clock,
  ]);
}

/** Progress, and facts that are no numbers: those change all the time. */
function progressPart({ progress, applications }: Report): string {
  const facts = applications.map(({ facts = {} }) =>
    Object.entries(facts).map(([name, { value }]) => [name, typeof value === 'number' ? '' : value]),
  );
  return JSON.stringify([progress, facts]);
}

/** Numbers that applications publish, what is seen while a condition is waited for, which link leads out, and what flaps. */
function numbersPart({ applications, waiting, links = [] }: Report): string {
  const numbers = applications.map(({ facts = {} }) => Object.values(facts).map(({ value }) => value));
  const leading = links.find(({ leadsOut }) => leadsOut === true)?.name;
  const flapping = [waiting?.flapping, applications.map((each) => each.flapping)];
  return JSON.stringify([numbers, waiting?.seen, leading, flapping]);
}

/** What changed; the time, the counter, the bytes received and counted on links, what applications take and keep and their events change by themselves and don't count. */
export function changeBetween(before: Report | undefined, after: Report): Change {
  if (before === undefined || phasePart(before) !== phasePart(after)) return 'phase';
  if (momentPart(before) !== momentPart(after)) return 'moment';
  if (applicationsPart(before) !== applicationsPart(after)) return 'applications';
  if (progressPart(before) !== progressPart(after)) return 'progress';
  return numbersPart(before) === numbersPart(after) ? 'none' : 'numbers';
}
