/** What of the machine an application asks for, and what the integrator lists. */
import type { MachinePlace } from '../../../platform/machine.ts';
import { type Disk, DiskError } from '../../../platform/ports.ts';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';

/** Places of the machine by their names. */
export type MachinePlaces = Readonly<Record<string, MachinePlace>>;

/** The places that an application asks for, or which of them this machine has not. */
export function grantedPlaces(
  { machine = [] }: Pick<DeployedApplication, 'machine'>,
  listed: MachinePlaces,
):
  | { readonly kind: 'granted'; readonly places: MachinePlaces }
  | { readonly kind: 'refused'; readonly message: string } {
  const missing = machine.find((name) => !Object.hasOwn(listed, name));
  if (missing === undefined)
    return { kind: 'granted', places: Object.fromEntries(machine.map((name) => [name, listed[name]!])) };
  const known = Object.keys(listed).slice(0, 8).join(', ') || 'nothing';
  return { kind: 'refused', message: `this machine has no ${missing}: agent.machine lists ${known}` };
}

/** Whether what is read there is gone for others: of a line or a pipe each reader gets a part. A device may be unplugged just now. */
export function isLine(disk: Pick<Disk, 'stat'>, { path, serial }: MachinePlace): boolean {
  if (serial !== undefined || path.startsWith('/dev/')) return true;
  try {
    return disk.stat(path)?.kind === 'other';
  } catch (error) {
    if (error instanceof DiskError) return false;
    throw error;
  }
}

type Granted = Pick<DeployedApplication, 'name' | 'machine'>;

/** Why an application can't have its lines beside `others`, who have theirs; undefined when it can. */
export function sharedLine(
  { machine = [] }: Granted,
  others: readonly Granted[],
  listed: MachinePlaces,
  isLineAt: (place: MachinePlace) => boolean,
): string | undefined {
  const read = (names: readonly string[] = []): readonly MachinePlace[] =>
    names.flatMap((name) => listed[name] ?? []).filter(({ access }) => access !== 'write');
  for (const { path } of read(machine).filter(isLineAt)) {
    const other = others.find((one) => read(one.machine).some((place) => place.path === path));
    if (other !== undefined)
      return `${other.name} reads ${path} too, and each would get a part of it: let one read it and write to a channel`;
  }
  return undefined;
}
