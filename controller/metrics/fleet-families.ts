/** What is told of the fleet and of a controller that leads it. Names and labels stay as they are: dashboards and alerts are made of them. */
import type { SourceStatus, Tally } from '../../schemas/generated/types.ts';
import { expiryStatuses } from '../expiry/end.ts';
import { type Fate, fates } from '../planning/rollout/fate.ts';
import type { Rollout } from '../planning/rollout/rollout.ts';
import type { Family, Labels, Sample } from './family.ts';
import type { Readings } from './readings.ts';

const deviceStates = ['running', 'progressing', 'failed', 'dark', 'unknown'] as const satisfies (keyof Tally)[];
const rolloutStates: readonly Rollout['state'][] = ['running', 'paused', 'halted', 'reverting', 'done'];
const sourceStates: readonly SourceStatus['state'][] = ['current', 'refused', 'pending', 'unreachable', 'empty'];
const severities = ['notice', 'warning', 'urgent', 'expired'] as const;

/** Ends that are told one by one. */
const endsMax = 100;

function byState(tally: Tally, labels: Labels = {}): Sample[] {
  return deviceStates.map((state) => ({ labels: { ...labels, state }, value: tally[state] }));
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, kind: 'gauge', help, samples };
}

function deviceFamilies({ tally, fleets, ages, neverHeard }: Readings): Family[] {
  return [
    gauge('fleet_devices', 'Devices that git names, by state.', byState(tally)),
    gauge('fleet_devices_held', 'Devices that their manifest holds.', [{ value: tally.held ?? 0 }]),
    gauge('fleet_devices_never_heard', 'Devices that git names and nobody has heard yet.', [{ value: neverHeard }]),
    gauge(
      'fleet_fleet_devices',
      'Devices of a fleet, by state; of the first 100 fleets.',
      fleets.flatMap(([fleet, counts]) => byState(counts, { fleet })),
    ),
    {
      ...{ name: 'fleet_contact_age_seconds', kind: 'gaugehistogram', unit: 'seconds', samples: [ages] },
      help: 'How long ago devices were heard, to five minutes.',
    },
  ];
}

function rolloutFamilies({ rollouts, underWay }: Readings): Family[] {
  return [
    gauge(
      'fleet_rollouts',
      'Rollouts of fleets that have waves, by state.',
      rolloutStates.map((state) => ({ labels: { state }, value: rollouts.get(state) ?? 0 })),
    ),
    gauge(
      'fleet_rollout_stands',
      'That a rollout which is not done is in this state for this reason; of the first 100.',
      underWay.map(({ fleet, state, reason }) => ({ labels: { fleet, state, reason }, value: 1 })),
    ),
    gauge(
      'fleet_rollout_devices',
      'Devices of a rollout which is not done, by how far they are.',
      underWay.flatMap(({ fleet, fates: counts }) =>
        fates.map((fate: Fate) => ({ labels: { fleet, fate }, value: counts[fate] })),
      ),
    ),
  ];
}

function sourceFamilies({ source }: Readings): Family[] {
  const { state, checkedAt } = source;
  const checked = checkedAt === undefined ? [] : [{ value: Date.parse(checkedAt) / 1000 }];
  return [
    gauge(
      'fleet_source_state',
      'Where the branch stands: 1 for the state that it is in.',
      sourceStates.map((name) => ({ labels: { state: name }, value: name === state ? 1 : 0 })),
    ),
    {
      ...{ name: 'fleet_source_checked_timestamp_seconds', kind: 'gauge', unit: 'seconds', samples: checked },
      help: 'When the repository answered last.',
    },
  ];
}

function trustFamilies({ ends, now }: Readings): Family[] {
  const told = expiryStatuses(ends, now);
  const samples = [...ends]
    .sort((one, other) => one.expiresAt - other.expiresAt)
    .slice(0, endsMax)
    .map(({ kind, subject, expiresAt }) => ({ labels: { kind, subject }, value: expiresAt / 1000 }));
  return [
    {
      ...{ name: 'fleet_trust_ends_timestamp_seconds', kind: 'gauge', unit: 'seconds', samples },
      help: 'When what is trusted ends by itself; the next 100.',
    },
    gauge(
      'fleet_trust_warnings',
      'What is to be said of trust that ends, by severity.',
      severities.map((severity) => ({
        labels: { severity },
        value: told.filter((one) => one.severity === severity).length,
      })),
    ),
  ];
}

/** All of them. */
export function fleetFamilies(readings: Readings): Family[] {
  const { queues, outlets, trouble, refusals } = readings;
  return [
    ...deviceFamilies(readings),
    ...rolloutFamilies(readings),
    ...sourceFamilies(readings),
    ...trustFamilies(readings),
    gauge(
      'fleet_queue_length',
      'What waits: events and devices to be decided upon, deployments to issue or to deliver again, devices not told yet.',
      Object.entries(queues).map(([queue, value]) => ({ labels: { queue }, value })),
    ),
    gauge(
      'fleet_outlet_open',
      'Whether an outlet takes what applications say.',
      outlets.map(({ name, state }) => ({ labels: { outlet: name }, value: state === 'open' ? 1 : 0 })),
    ),
    gauge('fleet_state_written', 'Whether the last write of the state succeeded.', [
      { value: trouble === undefined ? 1 : 0 },
    ]),
    {
      ...{ name: 'fleet_refusals', kind: 'counter', help: 'Who was not let in, by code.' },
      samples: [...refusals].map(([code, value]) => ({ labels: { code }, value })),
    },
  ];
}
