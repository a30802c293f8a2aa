/** Whom a group has to do without, or may have to. */
import test from 'ava';
import type { ObservedDevice, ReportGist } from '../../../../controller/planning/observed.ts';
import { isUnavailable } from '../../../../controller/planning/rollout/budget.ts';
import { settledOn, startMs } from './world.ts';

const { issued } = settledOn(2, startMs);
const own = { sequence: 2, revision: issued!.revision };
const ran = { ...own, sequence: 1 };
const common = { since: new Date(startMs).toISOString(), applications: [], highestSequence: 2 };
const failing = [{ name: 'pump', version: '1.0.0', state: 'failed', restarts: 5, since: common.since } as const];

function saying(report: ReportGist): ObservedDevice {
  return { issued: issued!, contactAt: startMs, report };
}

const before: ReportGist = { ...common, highestSequence: 1, running: ran, phase: 'active' };

test('a group may have to do without who is on the way, does badly or was not heard, and without nobody else', (t) => {
  const unavailable: Readonly<Record<string, ObservedDevice>> = {
    'never heard': { issued: issued! },
    'not heard since': { ...saying(before), contactAt: startMs - 2 },
    'heard, and not on the way yet': saying(before),
    fetching: saying({ ...common, running: ran, target: own, phase: 'fetching' }),
    staged: saying({ ...common, running: ran, target: own, phase: 'staged' }),
    'on probation': saying({ ...common, running: own, phase: 'probation' }),
    'does badly': saying({ ...common, running: own, phase: 'active', applications: failing }),
    'gave it up and runs nothing': saying({ ...common, phase: 'idle' }),
    'withheld, and not heard since': { ...saying(before), withheldAt: startMs + 1 },
  };
  const available: Readonly<Record<string, ObservedDevice>> = {
    'issued nothing': {},
    'runs it': saying({ ...common, running: own, phase: 'active' }),
    'gave it up and runs what it ran': saying({ ...common, running: ran, phase: 'active' }),
    'withheld, and heard since': { ...saying(before), contactAt: startMs + 3_600_000, withheldAt: startMs + 1 },
    'goes on untouched': { ...saying(before), issued: { ...issued!, goesOn: true } },
  };
  for (const [word, observed] of Object.entries(unavailable)) t.true(isUnavailable({ observed }), word);
  for (const [word, observed] of Object.entries(available)) t.false(isUnavailable({ observed }), word);
});
