/** What a plan comes to in time: its waves lived through, many times. */
import type { DesiredFleet } from '../controller/manifests/desired.ts';
import { desiredOf } from '../controller/manifests/manifest-state.ts';
import { BadRow } from '../controller/simulation/begun-state.ts';
import { simulate } from '../controller/simulation/simulate.ts';
import type { SimulatedCommit } from '../controller/simulation/simulated-controller.ts';
import { placeOf, type SimulatedRun, type Simulation } from '../controller/simulation/simulation.ts';
import { CommandError } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import type { OpenedPlan } from './make-plan.ts';
import type { PlanSide } from './render/plan.ts';
import { type Beginning, beginningOf } from './simulated-beginning.ts';
import { changesOf } from './simulated-changes.ts';
import { type ContactBasis, placeHabits } from './simulated-contacts.ts';
import { linksUsed } from './simulated-links.ts';
import type { SimulationQuestion } from './simulation-options.ts';

/** Lives of devices, over all runs, that take minutes, and that take half a minute. */
const livesMax = 100_000;
const livesUsual = 10_000;
const seedsUsual = 20;
const seedsLeast = 3;

/** A simulation that was lived through. */
export interface SimulatedPlan {
  readonly seeds: readonly number[];
  readonly runs: readonly SimulatedRun[];
  readonly contacts: ContactBasis;
  /** Devices that would ask to take modules whole, and are let. */
  readonly asking: number;
  /** Where it begins; undefined where nobody told: then all devices run the base. */
  readonly beginning: Beginning | undefined;
  /** When the commit comes into force, or the rollouts under way go on, in milliseconds since the epoch. */
  readonly startMs: number;
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

const nothing = { seeds: [], runs: [], contacts: { places: 0, remembered: 0 } } as const;

function simulationOf(
  { base, next }: OpenedPlan,
  wanted: DesiredFleet,
  fleets: ReadonlySet<string>,
  beginning: Beginning | undefined,
): Pick<Simulation, 'base' | 'told' | 'next'> {
  const to = { next: commitOf(next.side, wanted) };
  if (base.side.commit === undefined) return to;
  const from = narrowed(desiredOf(base.state), fleets, wanted.devices);
  const told = beginning && { rows: beginning.rows, keyId: beginning.keyId };
  return { ...to, base: commitOf(base.side, from), ...(told && { told }) };
}

async function livedThrough(simulation: Simulation, seeds: readonly number[], onRun: (done: number) => void) {
  try {
    return await simulate(simulation, seeds, onRun);
  } catch (error) {
    if (error instanceof BadRow) throw new CommandError(`what the controller told is of no use: ${error.message}`);
    throw error;
  }
}

/** Lives it through; `onRun` hears how many runs are done, and of how many. Throws `CommandError`. */
export async function simulatePlan(
  opened: OpenedPlan,
  asked: SimulationQuestion,
  nowMs: number,
  onRun: (done: number, of: number) => void,
): Promise<SimulatedPlan> {
  const { next } = opened;
  const beginning = await beginningOf(opened);
  const startMs = beginning === undefined ? nowMs : Date.parse(beginning.asOf);
  const { changes, asking } = await changesOf(opened, beginning, asked, startMs);
  const underWay = beginning?.rollouts.map(({ fleet }) => fleet) ?? [];
  const fleets = new Set([...changes.map(({ fleet }) => fleet), ...underWay]);
  if (fleets.size === 0) return { ...nothing, asking, beginning, startMs };
  const wanted = narrowed(desiredOf(next.state), fleets);
  const seeds = seedsFor(asked, wanted.devices.size);
  const places = new Set(changes.map(({ device }) => placeOf(wanted.devices.get(device)!)));
  requirePlaces(asked, places);
  const told = beginning?.devices ?? (await opened.tell(changes.map(({ device }) => device).sort()));
  const { habitOf, basisOf } = placeHabits(asked, wanted.devices, told);
  const simulation: Simulation = {
    ...simulationOf(opened, wanted, fleets, beginning),
    ...{ fleets: [...fleets].sort(), changes, habitOf, usedOf: linksUsed(told), startMs, horizonMs: asked.untilMs },
    ...{ failShare: asked.failShare, whenTrueShare: asked.whenTrueShare },
    ...{ approveAfterMs: asked.approveAfterMs, consentAfterMs: asked.consentAfterMs },
  };
  onRun(0, seeds.length);
  const runs = await livedThrough(simulation, seeds, (done) => onRun(done, seeds.length));
  return { seeds, runs, contacts: basisOf(places), asking, beginning, startMs };
}
