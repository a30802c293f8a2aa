/** Which devices are to change in a simulation, and what each has to carry for that. */
import type { DesiredDevice } from '../controller/manifests/desired.ts';
import { desiredOf } from '../controller/manifests/manifest-state.ts';
import { isHeld, pinsOf } from '../controller/planning/hold.ts';
import { withSeenRates } from '../controller/planning/seen-rates.ts';
import { linksAt } from '../controller/planning/transfers.ts';
import { isWholeUpdate } from '../controller/planning/whole-fetches.ts';
import type { ChangingDevice } from '../controller/simulation/simulation.ts';
import type { DeviceStatus, FetchPrice } from '../schemas/generated/types.ts';
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

/** The devices that are to change by the end, and how many of them would ask to take a module whole, which they are let here. */
export interface Changes {
  readonly changes: readonly ChangingDevice[];
  readonly asking: number;
}

const deltaCodes: ReadonlySet<string> = new Set(['WHOLE_MODULE_ASKED', 'WHOLE_MODULE_REFUSED']);

/** Whether the device said that no delta there is brings it what it was issued last. */
function lacksDelta({ desired, report }: Partial<DeviceStatus>): boolean {
  const problem = report?.problem;
  return problem !== undefined && problem.sequence === desired?.sequence && deltaCodes.has(problem.code);
}

/** As it comes to a device that lacks a delta. */
function withoutDelta(price: FetchPrice): FetchPrice {
  return price.method === 'delta' ? { ...price, method: 'whole', bytes: price.length } : price;
}

/** With what they fetch. */
export async function changesOf(
  opened: OpenedPlan,
  beginning: Beginning | undefined,
  { over, untilMs }: SimulationQuestion,
  startMs: number,
): Promise<Changes> {
  const { plan, next, pricesOf } = opened;
  const span = { startMs, endMs: startMs + untilMs };
  const planned = plannedIn(opened, span);
  const others = othersIn(opened, beginning, planned, span);
  const prices = new Map([...plan.prices, ...(await pricesOf(others))]);
  const { devices } = desiredOf(next.state);
  const lackers = new Set(beginning?.devices.flatMap((status) => (lacksDelta(status) ? [status.name] : [])));
  const asking = new Set<string>();
  const sites = withSeenRates(next.state.sites, beginning?.devices ?? plan.known?.devices ?? []);
  const changes = [...planned, ...others].map(({ device, fetches }) => {
    const { site, fleet = '', template } = devices.get(device)!;
    const links = linksAt(sites, site);
    const { wholeModules } = template;
    const known = prices.get(device) ?? [];
    const loads = (lackers.has(device) ? known.map(withoutDelta) : known).map((price, at) => {
      const fetch = fetches[at]!;
      if (wholeModules === 'ask' && isWholeUpdate(price, fetch)) asking.add(device);
      return loadOf(price, { links, over, mayGoWhole: wholeModules !== 'never' || fetch.bases.length === 0 });
    });
    return { device, fleet, loads };
  });
  return { changes, asking: asking.size };
}
