/** What the planner knows of devices, from what the controller tells of them. Pure. */
import { definitionOf, type FleetDefinition, pinnedDefinition } from '../controller/manifests/definition.ts';
import type { DesiredFleet } from '../controller/manifests/desired.ts';
import { templateUnder } from '../controller/manifests/render-template.ts';
import { asHeld } from '../controller/planning/hold.ts';
import type { DescribedDevice } from '../controller/planning/observed.ts';
import type { DeviceStatus } from '../schemas/generated/types.ts';

/** Definitions of a revision's fleets, each made once. */
function definitionsOf(revision: DesiredFleet): (fleet: string) => FleetDefinition | undefined {
  const made = new Map<string, FleetDefinition | undefined>();
  return (fleet) => {
    if (!made.has(fleet)) made.set(fleet, definitionOf(revision, fleet));
    return made.get(fleet);
  };
}

/**
 * The hash of what a device was issued last: what the base wants of it, unless the rollout of its fleet keeps it from that. Of
 * what it has then, nothing more is known than whether the next revision brings it back to the same.
 */
function issuedHashes(base: DesiredFleet, next: DesiredFleet, now: number): (device: DeviceStatus) => string {
  const [baseDefinition, nextDefinition] = [definitionsOf(base), definitionsOf(next)];
  return ({ name, fleet = '', desired }) => {
    const device = base.devices.get(name);
    const wanted = device?.template.hash ?? '';
    const definition = desired?.definition;
    if (definition === undefined) return device === undefined ? '' : asHeld(device, now).template.hash;
    const inBase = baseDefinition(fleet);
    if (definition === inBase?.hash) return wanted;
    const releases = device?.hold?.releases;
    const pinned = inBase && releases && pinnedDefinition(inBase, releases, base.catalogue);
    if (definition === pinned?.hash) return device?.pinned?.hash ?? '';
    const target = nextDefinition(fleet);
    if (definition !== target?.hash) return '';
    return templateUnder(base, target, name)?.hash ?? '';
  };
}

/** How devices of the base are seen. */
export function describing(
  base: DesiredFleet,
  next: DesiredFleet,
  now: number,
): (device: DeviceStatus) => DescribedDevice {
  const hashOf = issuedHashes(base, next, now);
  return (device) => {
    const { desired, report, contactAt, connected, events } = device;
    return {
      ...(desired && {
        issued: { ...desired, issuedAt: Date.parse(desired.issuedAt), templateHash: hashOf(device) },
      }),
      ...(report && { report }),
      ...(contactAt && { contactAt: Date.parse(contactAt) }),
      ...(connected !== undefined && { connected }),
      events,
    };
  };
}
