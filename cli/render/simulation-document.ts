/** A simulation for programs. Pure; times in seconds since the beginning, when the commit came into force, null for what did not come to pass. */
import type { FleetSummary, LinkSummary, Spread, WaitSummary } from '../../controller/simulation/summary.ts';
import type { SimulationDocument } from '../../schemas/generated/types.ts';
import type { Beginning } from '../simulated-beginning.ts';
import type { PlanSide } from './plan.ts';
import type { ShownSimulation } from './simulation.ts';

interface NumbersOf {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly worst: number | null;
}

function numbers({ p50, p95, worst }: Spread, unit = 1): NumbersOf {
  const of = (value: number | undefined): number | null =>
    value === undefined ? null : Number((value / unit).toFixed(6));
  return { p50: of(p50), p95: of(p95), worst: of(worst) };
}

const secondMs = 1_000;

function waitOf({ code, link, devices, longest }: WaitSummary) {
  return {
    ...{ code, ...(link !== undefined && { link }) },
    devices: numbers(devices),
    longest: numbers(longest, secondMs),
  };
}

function fleetOf({ fleet, devices, waves, all, left, failed, waits, halted, haltedBecause, underWay }: FleetSummary) {
  return {
    ...{ fleet, devices, halted, underWay },
    ...(haltedBecause !== undefined && { haltedBecause }),
    waves: waves.map(({ wave, isPast, start, end }) => ({
      ...{ wave, ...(isPast && { isPast }) },
      starts: numbers(start, secondMs),
      ends: numbers(end, secondMs),
    })),
    allDevices: numbers(all, secondMs),
    left: numbers(left),
    failed: numbers(failed),
    waits: waits.map(waitOf),
  };
}

function linkOf({ link, currency, bytes, price }: LinkSummary) {
  return {
    ...(link !== undefined && { link }),
    ...(currency !== undefined && { currency }),
    bytes: numbers(bytes),
    price: numbers(price),
  };
}

function sideOf({ name, commit }: PlanSide) {
  return { name, ...(commit !== undefined && { commit: commit.id }) };
}

function beginningOf({ asOf, rollouts }: Beginning) {
  return {
    asOf,
    rollouts: rollouts.map(({ fleet, rollout: { number, state, wave } }) => ({ fleet, number, state, wave })),
  };
}

/** As `schemas/simulation.schema.json` has it; with what each run came to, so that `--seed` replays the one that stands out. */
export function simulationDocument({
  plan,
  asked,
  contacts,
  asking,
  beginning,
  runs,
  summary,
}: ShownSimulation): SimulationDocument {
  return {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'Simulation' },
    ...{ fleetVersion: plan.fleetVersion, base: sideOf(plan.base), next: sideOf(plan.next) },
    ...(plan.policy.problems.length > 0 && { policy: [...plan.policy.problems] }),
    ...(beginning !== undefined && { beginning: beginningOf(beginning) }),
    assumed: {
      ...{ failShare: asked.failShare, untilSeconds: asked.untilMs / secondMs, contact: asked.contact },
      ...{ approveAfterSeconds: asked.approveAfterMs / secondMs, consentAfterSeconds: asked.consentAfterMs / secondMs },
      whenTrueShare: asked.whenTrueShare,
      ...{ over: asked.over, places: contacts.places, remembered: contacts.remembered, asking },
      contacts: Object.fromEntries(asked.contacts),
      darkSeconds: Object.fromEntries([...asked.darkMs].map(([place, ms]) => [place, ms / secondMs])),
    },
    fleets: summary?.fleets.map(fleetOf) ?? [],
    links: summary?.links.map(linkOf) ?? [],
    runs: runs.map(({ seed, endMs, fleets }) => ({
      ...{ seed, endsAfterSeconds: endMs / secondMs },
      fleets: fleets.map(({ fleet, outcome, reason, updated, failed, allMs }) => ({
        ...{ fleet, outcome, updated, failed, allDevicesAfterSeconds: allMs === undefined ? null : allMs / secondMs },
        ...(reason !== undefined && { reason }),
      })),
    })),
  };
}
