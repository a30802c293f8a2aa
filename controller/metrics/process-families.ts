/** What is told of this process, whether it leads or stands by. */
import type { Family } from './family.ts';
import type { LoopLateness } from './loop-lateness.ts';
import type { TimedState } from './timed-state.ts';

/** That it leads, or does not. */
export function leadingFamily(isLeading: boolean): Family {
  return {
    ...{ name: 'fleet_controller_leads', kind: 'gauge', samples: [{ value: Number(isLeading) }] },
    help: 'Whether this controller leads.',
  };
}

/** How late it comes to what is due. */
export function latenessFamily({ seconds }: Pick<LoopLateness, 'seconds'>): Family {
  return {
    ...{ name: 'fleet_loop_lateness_seconds', kind: 'histogram', unit: 'seconds', samples: [seconds] },
    help: 'By how much a timer of every 100 ms was late.',
  };
}

/** How its state takes what is written. */
export function stateFamilies({ commitSeconds, failures }: Pick<TimedState, 'commitSeconds' | 'failures'>): Family[] {
  return [
    {
      ...{ name: 'fleet_state_commit_seconds', kind: 'histogram', unit: 'seconds', samples: [commitSeconds] },
      help: 'How long commits of the state took.',
    },
    {
      ...{ name: 'fleet_state_commit_failures', kind: 'counter', help: 'Commits of the state that failed, by code.' },
      samples: [...failures].map(([code, value]) => ({ labels: { code }, value })),
    },
  ];
}
