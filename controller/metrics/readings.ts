/** What is read off a controller that leads when somebody asks how it does: counts that are kept, never a walk over devices. */
import type { OutletStatus, SourceStatus, Tally } from '../../schemas/generated/types.ts';
import type { Context } from '../engine/context.ts';
import type { Image } from '../engine/image.ts';
import type { StateTrouble } from '../engine/outage.ts';
import type { End } from '../expiry/end.ts';
import { type Fate, fates } from '../planning/rollout/fate.ts';
import type { Rollout } from '../planning/rollout/rollout.ts';
import type { RolloutView } from '../planning/rollout/rollout-view.ts';
import type { AgeCounts } from '../view/contact-ages.ts';
import type { View } from '../view/view.ts';

/** A rollout that is not done: where it stands, what holds it, and its devices by their fate. */
export interface RolloutReading {
  readonly fleet: string;
  readonly state: Rollout['state'];
  readonly reason: string;
  readonly fates: Readonly<Record<Fate, number>>;
}

export interface Readings {
  readonly now: number;
  readonly tally: Tally;
  /** In order of name; the first of many. */
  readonly fleets: readonly (readonly [name: string, tally: Tally])[];
  readonly ages: AgeCounts;
  readonly neverHeard: number;
  /** Of all fleets with waves, by state. */
  readonly rollouts: ReadonlyMap<Rollout['state'], number>;
  /** In order of fleets; the first of many. */
  readonly underWay: readonly RolloutReading[];
  /** What waits, by where. */
  readonly queues: Readonly<Record<'events' | 'devices' | 'issue' | 'deliver' | 'untold', number>>;
  readonly source: SourceStatus;
  /** Why the state can't be written or read at present. */
  readonly trouble: StateTrouble | undefined;
  readonly outlets: readonly OutletStatus[];
  readonly ends: readonly End[];
  /** Who was not let in since the start, by code. */
  readonly refusals: ReadonlyMap<string, number>;
}

/** Fleets that are told one by one: each is ten series or more, for ever. */
export const fleetsMax = 100;

/** The controller's rooms, as far as they are read. */
export interface ReadingParts extends Pick<Readings, 'source' | 'trouble' | 'outlets' | 'ends' | 'refusals'> {
  readonly view: Pick<View, 'summary' | 'ages'>;
  readonly image: Pick<Image, 'rollouts' | 'work' | 'untold'>;
  readonly context: Context;
  readonly waiting: { readonly events: number; readonly devices: number };
}

function fatesOf({ waves }: RolloutView): Record<Fate, number> {
  const sumOf = (fate: Fate): number => waves.reduce((sum, { counts }) => sum + counts[fate], 0);
  return Object.fromEntries(fates.map((fate) => [fate, sumOf(fate)])) as Record<Fate, number>;
}

function underWay({ image, context }: ReadingParts): RolloutReading[] {
  const fleets = [...image.rollouts.values()].filter(({ state }) => state !== 'done').map(({ fleet }) => fleet);
  return fleets
    .sort()
    .slice(0, fleetsMax)
    .flatMap((fleet) => {
      const view = context.rollouts.view(fleet, context.now);
      if (view === undefined) return [];
      return [{ fleet, state: view.rollout.state, reason: view.verdict.code, fates: fatesOf(view) }];
    });
}

/** What there is to read now. */
export function takeReadings(parts: ReadingParts): Readings {
  const { view, image, context, waiting, source, trouble, outlets, ends, refusals } = parts;
  const byState = Map.groupBy(image.rollouts.values(), ({ state }) => state);
  const names = [...context.desired.fleets.keys()].sort().slice(0, fleetsMax);
  return {
    now: context.now,
    tally: view.summary.tally,
    fleets: names.map((name) => [name, view.summary.fleets.of(name).tally]),
    ages: view.ages.at(context.now),
    neverHeard: view.ages.neverHeard,
    rollouts: new Map([...byState].map(([state, rollouts]) => [state, rollouts.length])),
    underWay: underWay(parts),
    queues: {
      ...waiting,
      ...{ issue: image.work.issue.size, deliver: image.work.deliver.size, untold: image.untold.size },
    },
    ...{ source, trouble, outlets, ends, refusals },
  };
}
