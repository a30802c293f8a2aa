/** What of a summary needs a person, the most pressing first. */
import type { Problem, StatusDocument } from '../../schemas/generated/types.ts';
import { plural } from './quantities.ts';
import { hashOf } from './shown-route.ts';

export interface Attention {
  readonly severity: 'bad' | 'warn';
  readonly what: string;
  readonly why: string;
  readonly since?: string | undefined;
  /** Where to look. */
  readonly href?: string;
  /** What is wrong in files, and where. */
  readonly problems?: readonly Problem[];
}

/** The file, line and column of a problem, as editors take it. */
export function placeOf({ file, line, column }: Problem): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

function ofSource({ source }: StatusDocument): Attention[] {
  const { state, message, since, problems, tip } = source;
  if (state === 'current' || state === 'empty') return [];
  const which = tip === undefined ? '' : ` ${tip.id.slice(0, 7)}`;
  const what = state === 'unreachable' ? 'The repository is not reached' : `Commit${which} is ${state}`;
  return [{ severity: 'bad', what, why: message ?? '', since, problems }];
}

function ofShore({ storage, broker, outlets }: StatusDocument): Attention[] {
  const failing = (outlets ?? []).filter(({ state }) => state === 'failing');
  return [
    ...(storage === undefined ? [] : [{ what: "The controller's state can't be written", ...storage }]),
    ...(broker === undefined || broker.state === 'reached'
      ? []
      : [{ what: `The broker is ${broker.state}`, ...broker }]),
    ...failing.map((outlet) => ({ what: `Messages do not come out: ${outlet.name}`, ...outlet })),
  ].map(({ what, message, since }) => ({ severity: 'bad', what, why: message ?? '', since }));
}

function ofRollouts({ fleets }: StatusDocument): Attention[] {
  return fleets.flatMap(({ name, rollout }) => {
    if (rollout === undefined) return [];
    const { state, reason, asking } = rollout;
    const open = rollout.waves[rollout.wave - 1];
    const waits = state === 'running' && open?.approve !== undefined && open.isApproved !== true;
    const href = hashOf({ kind: 'rollout', fleet: name });
    const told = { why: reason.message, since: reason.since, href };
    return [
      ...(state === 'halted' || state === 'reverting'
        ? [{ severity: 'bad' as const, what: `Rollout of ${name} is ${state}`, ...told }]
        : []),
      ...(state === 'paused' || waits
        ? [
            {
              severity: 'warn' as const,
              what: `Rollout of ${name} ${waits ? 'has a wave to approve' : 'is paused'}`,
              ...told,
            },
          ]
        : []),
      ...(asking === undefined
        ? []
        : [
            {
              severity: 'warn' as const,
              what: `${plural(asking, 'device')} of ${name} wait for leave`,
              why: 'to take modules whole',
              href,
            },
          ]),
    ];
  });
}

function ofDevices({ tally }: StatusDocument): Attention[] {
  if (tally.failed === 0) return [];
  const href = hashOf({ kind: 'devices', query: { state: 'failed' } });
  return [
    { severity: 'bad', what: `${plural(tally.failed, 'device')} failed`, why: 'refused, went back or do badly', href },
  ];
}

function ofExpiry({ expiry = [] }: StatusDocument): Attention[] {
  return expiry
    .filter(({ severity }) => severity !== 'notice')
    .map(({ severity, subject, message }) => ({
      severity: severity === 'warning' ? 'warn' : 'bad',
      what: `${subject} ${severity === 'expired' ? 'has ended' : 'ends soon'}`,
      why: message,
    }));
}

/** All of it. */
export function attentionOf(summary: StatusDocument): Attention[] {
  const all = [ofSource, ofShore, ofRollouts, ofDevices, ofExpiry].flatMap((of) => of(summary));
  return [...all.filter(({ severity }) => severity === 'bad'), ...all.filter(({ severity }) => severity === 'warn')];
}
