/** Machines by what tells them apart: the name of their device, and `NAME/N` for the n-th that was made a copy of it. */

/** The device that a machine says it is. */
export function nameOf(machine: string): string {
  return machine.replace(/\/.*$/, '');
}
