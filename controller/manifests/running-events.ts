import type {
  Application,
  DeployedApplication,
  ShoreSpec,
  ShoreTerms,
  SnapshotsSpec,
  SnapshotTerms,
} from '../../schemas/generated/types.ts';
import { channelDefaults } from './check-channels.ts';
import type { ApplicationTerms } from './definition.ts';
import { millisecondsOf, secondsOf } from './duration.ts';
import { bytesOf } from './quantity.ts';

type RunningEvents = Pick<DeployedApplication, 'trigger' | 'events' | 'channels' | 'handover'>;

const shoreDefaults = { quota: channelDefaults.quota, maxAge: '7d', drop: 'oldest' } as const;

/** What a channel may keep for the shore; a device knows no defaults of it. */
function shoreTerms(shore: ShoreSpec): ShoreTerms {
  const { quota, maxAge, drop } = { ...shoreDefaults, ...shore };
  return { quotaBytes: bytesOf(quota), maxAgeSeconds: secondsOf(maxAge), drop };
}

const snapshotDefaults = { every: '5m', perDay: '64MiB' } as const;

/** When the state of an instance is written down; a device knows no defaults of it. */
function snapshotTerms(snapshots: SnapshotsSpec): SnapshotTerms {
  const { every, perDay } = { ...snapshotDefaults, ...snapshots };
  return { everySeconds: secondsOf(every), bytesPerDayMax: bytesOf(perDay) };
}

function outgoing(
  channels: NonNullable<Application['spec']['channels']>,
): NonNullable<DeployedApplication['channels']> {
  const { out, ...rest } = channels;
  if (out === undefined) return rest;
  const written = Object.entries(out).map(([name, { messageBytes, shore, ...channel }]) => [
    name,
    {
      ...channel,
      ...(messageBytes === undefined ? {} : { messageBytes: bytesOf(messageBytes) }),
      ...(shore === undefined ? {} : { shore: shoreTerms(shore) }),
    },
  ]);
  return { ...rest, out: Object.fromEntries(written) };
}

/** What a manifest says of an application's events and channels; what it leaves to the device is not named. */
export function runningEvents({ trigger, events, channels, handover }: ApplicationTerms): RunningEvents {
  const { timeLimit, snapshots, ...others } = events ?? {};
  const measured = {
    ...(timeLimit === undefined ? {} : { timeLimitMs: millisecondsOf(timeLimit) }),
    ...(snapshots === undefined ? {} : { snapshots: snapshotTerms(snapshots) }),
  };
  return {
    ...(trigger === undefined ? {} : { trigger }),
    ...(events === undefined ? {} : { events: { ...others, ...measured } }),
    ...(handover === undefined || handover === 'none' ? {} : { handover }),
    ...(channels === undefined ? {} : { channels: outgoing(channels) }),
  };
}
