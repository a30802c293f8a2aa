/** What a plan comes to in time: its waves lived through, many times. */
import type { DesiredDevice, DesiredFleet } from '../controller/manifests/desired.ts';
import { desiredOf } from '../controller/manifests/manifest-state.ts';
import { waysOver } from '../controller/planning/transfers.ts';
import type { ContactHabit } from '../controller/simulation/contacts.ts';
import type { Load } from '../controller/simulation/light-fetch.ts';
import { simulate } from '../controller/simulation/simulate.ts';
import type { SimulatedCommit } from '../controller/simulation/simulated-controller.ts';
import {
  type ChangingDevice,
  placeOf,
  type SimulatedRun,
  type Simulation,
} from '../controller/simulation/simulation.ts';
import type { DeviceStatus, FetchPrice, SiteLink } from '../schemas/generated/types.ts';
import { CommandError } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import type { OpenedPlan } from './make-plan.ts';
import type { PlanSide } from './render/plan.ts';
import type { SimulationQuestion } from './simulation-options.ts';

/** Of a device whose site tells of no link. */
const bitsPerSecondAssumed = 1_000_000;

/** Device by device, over all runs: more take minutes. */
const lifesMax = 100_000;

/** How the places of a simulation come into contact. */
export interface ContactBasis {
  /** All of them, and those of which the controller remembers enough. */
  readonly places: number;
  readonly remembered: number;
}

/** A simulation that was lived through. */
export interface SimulatedPlan {
  readonly runs: readonly SimulatedRun[];
  readonly contacts: ContactBasis;
}

function loadOf(price: FetchPrice, links: readonly SiteLink[] | undefined, over: SimulationQuestion['over']): Load {
  const bytes = price.bytes + price.index;
  if (links === undefined) return { bytes, ms: (bytes * 8_000) / bitsPerSecondAssumed, price: 0 };
  const way = waysOver(links, price).at(over === 'cheapest' ? 0 : -1);
  // No link may carry it.
  if (way === undefined) return { bytes, ms: Number.POSITIVE_INFINITY, price: 0 };
  const currency = links.find((link) => link.currency !== undefined)?.currency;
  return {
    ...{ link: way.link, bytes: way.bytes, ms: way.seconds * 1000, price: way.price },
    ...(currency !== undefined && { currency }),
  };
}

function changesOf({ plan, next }: OpenedPlan, { over }: SimulationQuestion): ChangingDevice[] {
  return plan.change.devices.flatMap(({ kind, device, fleet, site }) => {
    if (kind !== 'deploy' || fleet === undefined) return [];
    const links = site === undefined ? undefined : next.state.sites.get(site)?.spec.links;
    return [{ device, fleet, loads: (plan.prices.get(device) ?? []).map((price) => loadOf(price, links, over)) }];
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

/** Of devices that come into contact together, the one that is known best. */
function knownPlaces(devices: ReadonlyMap<string, DesiredDevice>, known: readonly DeviceStatus[]) {
  const places = new Map<string, DeviceStatus>();
  for (const status of known) {
    const device = devices.get(status.name);
    const place = device && placeOf(device);
    if (place === undefined) continue;
    const before = places.get(place)?.silences?.length ?? -1;
    if ((status.silences?.length ?? 0) > before) places.set(place, status);
  }
  return places;
}

function habitsOf(asked: SimulationQuestion, known: ReadonlyMap<string, DeviceStatus>) {
  return (place: string): ContactHabit => {
    const { silences, connected, linkSince, contactAt } = known.get(place) ?? {};
    const darkMs = asked.darkMs.get(place);
    const since = linkSince ?? contactAt;
    const isSaid = asked.contacts.has(place);
    return {
      kind: asked.contacts.get(place) ?? asked.contact,
      ...(silences !== undefined && !isSaid && { silences }),
      ...(connected !== undefined && since !== undefined && { now: { isUp: connected, since: Date.parse(since) } }),
      ...(darkMs !== undefined && { darkMs }),
    };
  };
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

function requireAffordable({ seeds }: SimulationQuestion, devices: number): void {
  const lifes = devices * seeds.length;
  if (lifes <= lifesMax) return;
  const most = Math.floor(lifesMax / devices);
  const advice = most < 1 ? 'too many even for one run' : `write --seeds ${most}`;
  const message = `${seeds.length} runs of ${devices} devices are ${lifes} lives, and ${lifesMax} can be lived in minutes: ${advice}`;
  throw new CommandError(message, exitCodes.usage);
}

/** Lives it through; `onRun` hears how many runs are done. Throws `CommandError`. */
export async function simulatePlan(
  opened: OpenedPlan,
  asked: SimulationQuestion,
  startMs: number,
  onRun: (done: number) => void,
): Promise<SimulatedPlan> {
  const { plan, base, next } = opened;
  const changes = changesOf(opened, asked);
  if (changes.length === 0) return { runs: [], contacts: { places: 0, remembered: 0 } };
  const fleets = new Set(changes.map(({ fleet }) => fleet));
  const wanted = narrowed(desiredOf(next.state), fleets);
  requireAffordable(asked, wanted.devices.size);
  const places = new Set(changes.map(({ device }) => placeOf(wanted.devices.get(device)!)));
  requirePlaces(asked, places);
  const known = knownPlaces(wanted.devices, plan.known?.devices ?? []);
  const simulation: Simulation = {
    ...(base.side.commit && { base: commitOf(base.side, narrowed(desiredOf(base.state), fleets, wanted.devices)) }),
    next: commitOf(next.side, wanted),
    ...{ changes, startMs, horizonMs: asked.untilMs, failShare: asked.failShare },
    habitOf: habitsOf(asked, known),
  };
  const isRemembered = (place: string) => known.get(place)?.silences !== undefined && !asked.contacts.has(place);
  const remembered = [...places].filter(isRemembered).length;
  return { runs: await simulate(simulation, asked.seeds, onRun), contacts: { places: places.size, remembered } };
}
