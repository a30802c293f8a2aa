/** What of the machine an application asks for, and what the integrator lists. */
import type { MachinePlace } from '../../../platform/machine.ts';
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
