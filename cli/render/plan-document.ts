/** The plan for programs. Pure. */
import type { FleetChange } from '../../controller/planning/compare.ts';
import { pricesTogether } from '../../controller/planning/transfers.ts';
import type { PlanDocument } from '../../schemas/generated/types.ts';
import type { Plan } from './plan.ts';
import { costOf } from './plan-words.ts';

function plannedFleet({ rollout, ...fleet }: FleetChange): PlanDocument['fleets'][number] {
  return rollout === undefined ? fleet : { ...fleet, rollout: { ...rollout, waves: [...rollout.waves] } };
}

/** As `schemas/plan.schema.json` has it. */
export function planDocument(plan: Plan): PlanDocument {
  const { fleetVersion, base, next, change, prices, transfers, known, unknownBecause, policy, warnings, notes } = plan;
  const cost = costOf(change.devices, prices);
  return {
    apiVersion: 'fleet/v1alpha1',
    kind: 'Plan',
    fleetVersion,
    base,
    next,
    observed: known === undefined ? { unknownBecause: unknownBecause ?? 'nobody was asked' } : { asOf: known.asOf },
    ...(policy.problems.length + policy.notes.length > 0 && { policy: [...policy.problems, ...policy.notes] }),
    ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
    ...(notes.length === 0 ? {} : { notes: [...notes] }),
    bytes: cost.taken,
    bytesWhole: cost.whole,
    ...(transfers.length === 0 ? {} : { transfers: [...transfers], prices: pricesTogether(transfers) }),
    fleets: change.fleets.map(plannedFleet),
    devices: change.devices.map(({ fetches, applications, attributes, isStripped, ...device }) => ({
      ...device,
      attributes: [...attributes],
      ...(isStripped && { stripped: true as const }),
      applications: [...applications],
      fetches: fetches.map(({ release }, at) => {
        const way = prices.get(device.device)?.[at];
        return { ...release, ...(way && { way }) };
      }),
    })),
  };
}
