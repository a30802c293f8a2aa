/** What a commit takes from budgets: of how many devices may be away at once, and of what may travel over links. Pure. */
import type { SiteLink } from '../../schemas/generated/types.ts';
import type { DesiredDevice, DesiredFleet } from '../manifests/desired.ts';
import { billedBytesOf } from '../manifests/quantity.ts';
import { forEachInSteps, type Steps } from '../manifests/steps.ts';
import { groupOf } from './rollout/budget.ts';
import type { Budget } from './rollout/policy.ts';
import { policyOf } from './rollout/policy-of.ts';

type LinkBudget = NonNullable<SiteLink['budget']>;

/** Names of fleets whose budget is weaker, of devices that come to a weaker one or to none, and of links that may carry more. */
export interface WeakenedBudgets {
  readonly fleets: readonly string[];
  readonly devices: readonly string[];
  readonly links: readonly string[];
}

/** Of a commit that leaves budgets as they are. */
export const noneWeakened: WeakenedBudgets = { fleets: [], devices: [], links: [] };

/** Whether more devices that belong together may be away at once; groups that are drawn otherwise are not the same ones. */
function isWeaker(before: Budget | undefined, after: Budget | undefined): boolean {
  if (before === undefined) return false;
  if (after === undefined || after.maxUnavailable > before.maxUnavailable) return true;
  return JSON.stringify(before.groupBy) !== JSON.stringify(after.groupBy);
}

function budgetIn({ fleets }: DesiredFleet, fleet: string | undefined): Budget | undefined {
  const manifest = fleet === undefined ? undefined : fleets.get(fleet);
  return manifest && policyOf(manifest)?.budget;
}

/** The budget that bounds a device. */
function boundOf(side: DesiredFleet, device: DesiredDevice): Budget | undefined {
  const budget = budgetIn(side, device.fleet);
  return budget && groupOf(budget, device) !== undefined ? budget : undefined;
}

/** Whether a budget bounds a device less than before, its fleet or its group being another one. */
function isUnbound(base: DesiredFleet, next: DesiredFleet, name: string): boolean {
  const [before, after] = [base.devices.get(name), next.devices.get(name)];
  // Who is in no fleet any more runs nothing that a budget could be for.
  if (before === undefined || after?.fleet === undefined) return false;
  const bound = boundOf(next, after);
  if (before.fleet === after.fleet && bound !== undefined) return false;
  return isWeaker(boundOf(base, before), bound);
}

/** A revision, and who is in its fleets. */
export interface BudgetSide {
  readonly desired: DesiredFleet;
  readonly namesIn: (fleet: string) => Iterable<string>;
}

/** The group that a device is in by a label, where its fleet has that budget on both sides. */
function labelGroup(side: DesiredFleet, name: string): string | undefined {
  const device = side.devices.get(name);
  const budget = device && boundOf(side, device);
  return device !== undefined && budget?.groupBy.kind === 'label' ? groupOf(budget, device) : undefined;
}

/** Whether a device goes by another value of the label than before; who moves to another site goes by that one's budget, as it is there. */
function isRegrouped(base: DesiredFleet, next: DesiredFleet, name: string): boolean {
  if (base.devices.get(name)?.fleet !== next.devices.get(name)?.fleet) return false;
  const [before, after] = [labelGroup(base, name), labelGroup(next, name)];
  return before !== undefined && after !== undefined && before !== after;
}

/** Of these devices of a fleet those that were in one group with others, and are not any more. */
function* partedIn(fleet: string, base: BudgetSide, next: DesiredFleet, regrouped: readonly string[]): Steps<string[]> {
  const groups = new Map<string, Set<string>>();
  for (const name of regrouped) groups.set(labelGroup(base.desired, name)!, new Set());
  yield* forEachInSteps(base.namesIn(fleet), (name) => {
    const after = next.devices.get(name)?.fleet === fleet ? labelGroup(next, name) : undefined;
    if (after !== undefined) groups.get(labelGroup(base.desired, name) ?? '')?.add(after);
  });
  return regrouped.filter((name) => groups.get(labelGroup(base.desired, name)!)!.size > 1);
}

/** Devices that a label takes out of the group that they shared: each has a budget of its own from then on. */
function* partedTwins(base: BudgetSide, next: DesiredFleet, affected: readonly string[]): Steps<string[]> {
  const byFleet = Map.groupBy(
    affected.filter((name) => isRegrouped(base.desired, next, name)),
    (name) => next.devices.get(name)!.fleet!,
  );
  const parted: string[] = [];
  for (const [fleet, names] of byFleet) parted.push(...(yield* partedIn(fleet, base, next, names)));
  return parted;
}

/** At most so many bytes in any day, and in any month. */
function mostOf({ bytes, per }: LinkBudget): { readonly day: number; readonly month: number } {
  const most = billedBytesOf(bytes);
  return { day: most, month: per === 'month' ? most : most * daysPerMonth };
}

const daysPerMonth = 31;

/** Whether devices may take more over a link than before; one that is gone takes nothing. */
function isWider(before: LinkBudget | undefined, after: LinkBudget | undefined): boolean {
  if (before === undefined) return false;
  if (after === undefined) return true;
  const [old, now] = [mostOf(before), mostOf(after)];
  return now.day > old.day || now.month > old.month;
}

/** Links, as `SITE/LINK`, whose devices may take more over them. */
function widerLinks(base: DesiredFleet, next: DesiredFleet): string[] {
  return [...next.sites].flatMap(([name, site]) => {
    const before = base.sites.get(name);
    if (before === undefined || before === site) return [];
    const budgets = new Map(before.spec.links?.map((link) => [link.name, link.budget]));
    const wider = (site.spec.links ?? []).filter((link) => isWider(budgets.get(link.name), link.budget));
    return wider.map((link) => `${name}/${link.name}`);
  });
}

/** Budgets of fleets and links that let more through than before, and devices that come to a weaker one; not those of such a fleet. */
export function* weakenedBudgets(
  side: BudgetSide,
  next: DesiredFleet,
  affected: Iterable<string>,
): Steps<WeakenedBudgets> {
  const base = side.desired;
  const fleets = [...next.fleets.keys()].filter((fleet) => isWeaker(budgetIn(base, fleet), budgetIn(next, fleet)));
  const unbound: string[] = [];
  const others: string[] = [];
  yield* forEachInSteps(affected, (name) => {
    if (fleets.includes(next.devices.get(name)?.fleet ?? '')) return;
    (isUnbound(base, next, name) ? unbound : others).push(name);
  });
  const devices = [...unbound, ...(yield* partedTwins(side, next, others))];
  return { fleets, devices, links: widerLinks(base, next) };
}
