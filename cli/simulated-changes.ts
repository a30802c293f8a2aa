/** Which devices are to change in a simulation, and what each has to carry for that. */
import type { DesiredDevice } from '../controller/manifests/desired.ts';
import { desiredOf } from '../controller/manifests/manifest-state.ts';
import { isHeld, pinsOf } from '../controller/planning/hold.ts';
import type { ChangingDevice } from '../controller/simulation/simulation.ts';
import type { LackingDevice, OpenedPlan } from './make-plan.ts';
import { type Beginning, touchedFleets } from './simulated-beginning.ts';
import { loadOf } from './simulated-loads.ts';
import type { SimulationQuestion } from './simulation-options.ts';

/** In milliseconds since the epoch. */
interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

function isLetGo(device: DesiredDevice, { startMs, endMs }: Span): boolean {
  return isHeld(device, startMs) && !isHeld(device, endMs);
}

/** To the end it keeps what it has, whatever that is. */
function isKept(device: DesiredDevice, { endMs }: Span): boolean {
  return isHeld(device, endMs) && pinsOf(device, endMs) === undefined;
}

/** Devices that get something by the plan, and keep that. */
function plannedIn({ plan, next }: OpenedPlan, span: Span): readonly LackingDevice[] {
  const { devices } = desiredOf(next.state);
  return plan.change.devices.filter(({ kind, device, fleet }) => {
    return kind === 'deploy' && fleet !== undefined && !isLetGo(devices.get(device)!, span);
  });
}

/** Who is on the way to what is wanted already, or comes to it when its hold ends. */
function othersIn(
  opened: OpenedPlan,
  beginning: Beginning | undefined,
  planned: readonly LackingDevice[],
  span: Span,
): readonly LackingDevice[] {
  const fleets = touchedFleets(opened);
  const names = new Set(planned.map(({ device }) => device));
  const others = [...desiredOf(opened.next.state).devices.values()].filter((device) => {
    const { name, fleet } = device;
    if (fleet === undefined || !fleets.has(fleet) || names.has(name) || isKept(device, span)) return false;
    return beginning !== undefined || isLetGo(device, span);
  });
  const told = new Map(beginning?.devices.map((status) => [status.name, status]));
  return opened.lacking(others, told, span.endMs);
}

/** The devices that are to change by the end, with what they fetch. */
export async function changesOf(
  opened: OpenedPlan,
  beginning: Beginning | undefined,
  { over, untilMs }: SimulationQuestion,
  startMs: number,
): Promise<ChangingDevice[]> {
  const { plan, next, pricesOf } = opened;
  const span = { startMs, endMs: startMs + untilMs };
  const planned = plannedIn(opened, span);
  const others = othersIn(opened, beginning, planned, span);
  const prices = new Map([...plan.prices, ...(await pricesOf(others))]);
  const { devices } = desiredOf(next.state);
  return [...planned, ...others].map(({ device, fetches }) => {
    const { site, fleet = '', template } = devices.get(device)!;
    const links = site === undefined ? undefined : next.state.sites.get(site)?.spec.links;
    const mayGoWhole = template.wholeModules !== 'never';
    const loads = (prices.get(device) ?? []).map((price, at) =>
      loadOf(price, { links, over, mayGoWhole: mayGoWhole || fetches[at]!.bases.length === 0 }),
    );
    return { device, fleet, loads };
  });
}
