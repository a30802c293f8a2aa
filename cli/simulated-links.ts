/** What devices told of the budgets of their links, for a simulation that begins with that. Pure. */
import type { LinkUsed } from '../controller/simulation/light-links.ts';
import type { DeviceStatus } from '../schemas/generated/types.ts';

function usedOf({ report }: DeviceStatus): LinkUsed[] {
  if (report?.links === undefined) return [];
  const atMs = Date.parse(report.at);
  return report.links.flatMap(({ name, budget }) => (budget ? [{ link: name, bytes: budget.used, atMs }] : []));
}

/** By device, what it took of each budget when it was heard last; nothing of one that nobody knows. */
export function linksUsed(known: readonly DeviceStatus[]): (device: string) => readonly LinkUsed[] {
  const used = new Map(known.map((device) => [device.name, usedOf(device)]));
  return (device) => used.get(device) ?? [];
}
