/** What a plan comes to in time: its waves lived through, many times. */
import type { DesiredFleet } from '../controller/manifests/desired.ts';
import { desiredOf } from '../controller/manifests/manifest-state.ts';
import { simulate } from '../controller/simulation/simulate.ts';
import type { SimulatedCommit } from '../controller/simulation/simulated-controller.ts';
import {
  type ChangingDevice,
  placeOf,
  type SimulatedRun,
  type Simulation,
} from '../controller/simulation/simulation.ts';
import type { RolloutStatus } from '../schemas/generated/types.ts';
import { CommandError } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import type { OpenedPlan } from './make-plan.ts';
import type { PlanSide } from './render/plan.ts';
import { type ContactBasis, namesBehind, placeHabits } from './simulated-contacts.ts';
import { linksUsed } from './simulated-links.ts';
import { loadOf } from './simulated-loads.ts';
import type { SimulationQuestion } from './simulation-options.ts';

/** Lives of devices, over all runs, that take minutes, and that take half a minute. */
const livesMax = 100_000;
const livesUsual = 10_000;
const seedsUsual = 20;
const seedsLeast = 3;

/** A rollout that has not come to its end. */
export interface RolloutUnderWay extends Pick<RolloutStatus, 'state' | 'wave'> {
  readonly fleet: string;
  readonly waves: number;
}

/** A simulation that was lived through. */
export interface SimulatedPlan {
  readonly seeds: readonly number[];
  readonly runs: readonly SimulatedRun[];
  /** Devices that do not run the base at the beginning. */
  readonly behind: number;
  readonly contacts: ContactBasis;
  /** Rollouts that are under way to the base, and taken as completed. */
  readonly takenAsDone: readonly RolloutUnderWay[];
  /** When the commit comes into force, in milliseconds since the epoch. */
  readonly startMs: number;
}

function changesOf({ plan, next }: OpenedPlan, { over }: SimulationQuestion): ChangingDevice[] {
  const { devices } = desiredOf(next.state);
  return plan.change.devices.flatMap(({ kind, device, fleet, site, fetches }) => {
    if (kind !== 'deploy' || fleet === undefined) return [];
    const links = site === undefined ? undefined : next.state.sites.get(site)?.spec.links;
    const { wholeModules } = devices.get(device)!.template;
    const mayGoWhole = wholeModules !== 'never';
    const prices = plan.prices.get(device) ?? [];
    const loads = prices.map((price, at) =>
      loadOf(price, { links, over, mayGoWhole: mayGoWhole || fetches[at]!.bases.length === 0 }),
    );
    return [{ device, fleet, loads }];
  });
}

/** What git says of these fleets, and of these devices wherever they were. */
function narrowed(desired: DesiredFleet, fleets: ReadonlySet<string>, names?: DesiredFleet['devices']): DesiredFleet {
  const devices = [...desired.devices].filter(([name, { fleet = '' }]) => fleets.has(fleet) || names?.has(name));
  return { ...desired, devices: new Map(devices) };
}

/** Of no commit. */
const workingTree = { id: '0'.repeat(40), subject: 'the working tree' };

function commitOf({ commit }: PlanSide, desired: DesiredFleet): SimulatedCommit {
  const { id, subject } = commit ?? workingTree;
  return { id, subject, desired };
}

/** Of these fleets. */
function underWay({ fleets }: OpenedPlan, names: ReadonlySet<string>): RolloutUnderWay[] {
  return fleets.flatMap(({ name: fleet, rollout }) => {
    if (rollout === undefined || rollout.state === 'done' || !names.has(fleet)) return [];
    const { state, wave, waves } = rollout;
    return [{ fleet, state, wave, waves: waves.length }];
  });
}

/** Refuses names of no place, which would change nothing in silence. */
function requirePlaces(asked: SimulationQuestion, places: ReadonlySet<string>): void {
  for (const [option, names] of [
    ['dark', asked.darkMs.keys()],
    ['contact', asked.contacts.keys()],
  ] as const) {
    for (const name of names) {
      if (places.has(name)) continue;
      const some = [...places].sort().slice(0, 5).join(', ');
      const message = `--${option} ${name}: no device that changes is there; write a site, or a device without one, such as ${some}`;
      throw new CommandError(message, exitCodes.usage);
    }
  }
}

/** As were asked for; else as many as end in well under a minute. */
function seedsFor({ seeds }: SimulationQuestion, devices: number): readonly number[] {
  if (seeds === undefined) {
    const count = Math.floor(livesUsual / devices);
    return Array.from({ length: Math.min(seedsUsual, Math.max(seedsLeast, count)) }, (_, at) => at + 1);
  }
  const lives = devices * seeds.length;
  if (lives <= livesMax) return seeds;
  const most = Math.floor(livesMax / devices);
  const advice = most < 1 ? 'that is too many even for one run' : `write --seeds ${most}`;
  const message = `${seeds.length} runs of ${devices} devices are ${lives} lives, and ${livesMax} are lived in minutes: ${advice}`;
  throw new CommandError(message, exitCodes.usage);
}

const nothing = { seeds: [], runs: [], behind: 0, contacts: { places: 0, remembered: 0 }, takenAsDone: [] } as const;

/** Lives it through; `onRun` hears how many runs are done, and of how many. Throws `CommandError`. */
export async function simulatePlan(
  opened: OpenedPlan,
  asked: SimulationQuestion,
  startMs: number,
  onRun: (done: number, of: number) => void,
): Promise<SimulatedPlan> {
  const { plan, base, next } = opened;
  const changes = changesOf(opened, asked);
  if (changes.length === 0) return { ...nothing, startMs };
  const fleets = new Set(changes.map(({ fleet }) => fleet));
  const wanted = narrowed(desiredOf(next.state), fleets);
  const seeds = seedsFor(asked, wanted.devices.size);
  const places = new Set(changes.map(({ device }) => placeOf(wanted.devices.get(device)!)));
  requirePlaces(asked, places);
  const told = plan.known?.devices ?? (await opened.tell(changes.map(({ device }) => device).sort()));
  const { habitOf, basisOf } = placeHabits(asked, wanted.devices, told);
  const known = plan.known?.devices ?? [];
  const behind = namesBehind(known.filter(({ name }) => wanted.devices.has(name)));
  const simulation: Simulation = {
    ...(base.side.commit && { base: commitOf(base.side, narrowed(desiredOf(base.state), fleets, wanted.devices)) }),
    next: commitOf(next.side, wanted),
    ...{
      changes,
      behind,
      habitOf,
      usedOf: linksUsed(told),
      startMs,
      horizonMs: asked.untilMs,
      failShare: asked.failShare,
      approveAfterMs: asked.approveAfterMs,
      consentAfterMs: asked.consentAfterMs,
      whenTrueShare: asked.whenTrueShare,
    },
  };
  onRun(0, seeds.length);
  const runs = await simulate(simulation, seeds, (done) => onRun(done, seeds.length));
  const takenAsDone = plan.known === undefined ? [] : underWay(opened, fleets);
  return { seeds, runs, behind: behind.size, contacts: basisOf(places), startMs, takenAsDone };
}
