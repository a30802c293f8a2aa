/** What many runs of one simulation come to. Pure. */
import type { FleetRun, LinkRun, SimulatedRun, WaitRun } from './simulation.ts';
import { type Wait, waitName } from './waits.ts';

/** Of all runs; undefined where so many of them never came there. */
export interface Spread {
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly worst: number | undefined;
}

/** Times in milliseconds since the commit came into force; negative ones were before. */
export interface WaveSummary {
  readonly wave: string;
  /** It had passed before the beginning, nobody says when. */
  readonly isPast?: true;
  readonly start: Spread;
  readonly end: Spread;
}

/** What devices waited for; none of them, and no time, in runs in which nobody did. */
export interface WaitSummary extends Wait {
  readonly devices: Spread;
  /** Of the device that waited longest in a run, all in all. */
  readonly longest: Spread;
}

export interface FleetSummary {
  readonly fleet: string;
  /** That are to change. */
  readonly devices: number;
  readonly waves: readonly WaveSummary[];
  /** When the shore knows of all devices that they run it. */
  readonly all: Spread;
  /** Devices that don't run it at the end, and of these the ones that gave it up. */
  readonly left: Spread;
  readonly failed: Spread;
  /** Sorted by what is waited for. */
  readonly waits: readonly WaitSummary[];
  /** Runs that were halted, and why the first of them was. */
  readonly halted: number;
  readonly haltedBecause?: string;
  /** Runs that were under way when the horizon came. */
  readonly underWay: number;
}

export interface LinkSummary {
  /** Absent where sites tell of none. */
  readonly link?: string;
  readonly currency?: string;
  readonly bytes: Spread;
  readonly price: Spread;
}

export interface SimulationSummary {
  readonly runs: number;
  /** In the order of the runs' fleets. */
  readonly fleets: readonly FleetSummary[];
  readonly links: readonly LinkSummary[];
}

const never = Number.POSITIVE_INFINITY;

/** By nearest rank: what is told of 95 in 100 runs was so in one of them. */
function spreadOf(values: readonly (number | undefined)[]): Spread {
  const sorted = values.map((value) => value ?? never).sort((left, right) => left - right);
  const at = (percent: number): number | undefined => {
    const value = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
    return value === never ? undefined : value;
  };
  return { p50: at(50), p95: at(95), worst: at(100) };
}

function waitSummary({ code, link }: WaitRun, runs: readonly FleetRun[]): WaitSummary {
  const wait: Wait = { code, ...(link !== undefined && { link }) };
  const each = runs.map(({ waits }) => waits.find((other) => waitName(other) === waitName(wait)));
  return {
    ...wait,
    devices: spreadOf(each.map((run) => run?.devices ?? 0)),
    longest: spreadOf(each.map((run) => run?.longestMs ?? 0)),
  };
}

function waitSummaries(runs: readonly FleetRun[]): WaitSummary[] {
  const all = new Map(runs.flatMap(({ waits }) => waits.map((wait) => [waitName(wait), wait] as const)));
  const sorted = [...all].sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.map(([, wait]) => waitSummary(wait, runs));
}

function fleetSummary(runs: readonly FleetRun[]): FleetSummary {
  const { fleet, devices, waves } = runs[0]!;
  const halted = runs.filter(({ outcome }) => outcome === 'halted');
  const because = halted[0]?.reason;
  return {
    ...{ fleet, devices, halted: halted.length, ...(because !== undefined && { haltedBecause: because }) },
    waves: waves.map(({ wave, isPast }, at) => ({
      ...{ wave, ...(isPast && { isPast }) },
      start: spreadOf(runs.map((run) => run.waves[at]!.startMs)),
      end: spreadOf(runs.map((run) => run.waves[at]!.endMs)),
    })),
    all: spreadOf(runs.map(({ allMs }) => allMs)),
    left: spreadOf(runs.map(({ updated }) => devices - updated)),
    failed: spreadOf(runs.map(({ failed }) => failed)),
    waits: waitSummaries(runs),
    underWay: runs.filter(({ outcome }) => outcome === 'under-way').length,
  };
}

function linkName({ link = '', currency = '' }: LinkRun): string {
  return `${link} ${currency}`;
}

/** A link that nothing travelled over in a run carried nothing there. */
function linkSummary(one: LinkRun, runs: readonly SimulatedRun[]): LinkSummary {
  const { link, currency } = one;
  const each = runs.map(({ links }) => links.find((other) => linkName(other) === linkName(one)));
  return {
    ...(link !== undefined && { link }),
    ...(currency !== undefined && { currency }),
    bytes: spreadOf(each.map((run) => run?.bytes ?? 0)),
    price: spreadOf(each.map((run) => run?.price ?? 0)),
  };
}

/** At least one run. */
export function summarize(runs: readonly SimulatedRun[]): SimulationSummary {
  const links = new Map(runs.flatMap((run) => run.links.map((link) => [linkName(link), link] as const)));
  const sorted = [...links].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    runs: runs.length,
    fleets: runs[0]!.fleets.map((_, at) => fleetSummary(runs.map(({ fleets }) => fleets[at]!))),
    links: sorted.map(([, link]) => linkSummary(link, runs)),
  };
}
