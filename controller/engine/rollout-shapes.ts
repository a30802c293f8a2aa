/** What rows of rollouts must look like to be believed. */
import type { DefinedApplication, FleetDefinition } from '../manifests/definition.ts';
import type { Counted } from '../planning/rollout/begin.ts';
import type { FinishedRollout, Rollout, RolloutAct, RolloutEvent } from '../planning/rollout/rollout.ts';
import {
  anyObject,
  code,
  commit,
  count,
  digest,
  listOf,
  type Members,
  name,
  oneOf,
  optional,
  sequence,
  shape,
  text,
  time,
  version,
  when,
} from './row-checks.ts';

const act = shape<RolloutAct>({
  at: time,
  who: text,
  act: oneOf<RolloutAct['act']>(
    { pause: true, resume: true, approve: true, abort: true, retry: true, 'allow-whole': true },
    'what can be done to a rollout',
  ),
  why: text,
});

const rolloutMembers: Members<Rollout> = {
  fleet: name,
  number: sequence,
  target: digest,
  good: optional(digest),
  revision: commit,
  subject: text,
  startedAt: time,
  state: oneOf<Rollout['state']>(
    { running: true, paused: true, halted: true, reverting: true, done: true },
    'a state of a rollout',
  ),
  wave: count,
  waveStartedAt: time,
  readyWave: optional(count),
  gatePassedAt: optional(time),
  reopened: optional(shape<NonNullable<Rollout['reopened']>>({ count: sequence, at: time })),
  approved: listOf(text),
  wholeFor: optional(when((one) => one === 'all' || listOf(name)(one) === undefined, 'all or a list of devices')),
  retries: optional(count),
  reason: shape<Rollout['reason']>({ code, message: text }),
  acts: listOf(act),
  events: listOf(shape<RolloutEvent>({ at: time, code, message: text })),
};

const finishedRollout = shape<FinishedRollout>({
  ...rolloutMembers,
  finishedAt: time,
  outcome: oneOf<FinishedRollout['outcome']>({ done: true, superseded: true, withdrawn: true }, 'an outcome'),
});

/** Of its applications, as far as devices can't be drawn without it. */
export const definition = shape<FleetDefinition>({
  fleet: name,
  probationSeconds: count,
  applications: listOf(
    shape<DefinedApplication>({
      ...{ name, version, sha256: digest, length: count, links: optional(anyObject) },
      ...{ terms: anyObject, config: anyObject },
    }),
  ),
  hash: digest,
});

/** One that is under way, or stands. */
export const rollout = shape<Rollout>(rolloutMembers);

/** What is left of fleets that are forgotten. */
export const forgotten = shape<Required<Counted>>({ number: count, retries: count });

/** Those of a fleet that are over. */
export const finishedRollouts = listOf(finishedRollout);
