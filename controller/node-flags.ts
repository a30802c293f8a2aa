/**
 * Flags of Node that suit a controller. A full collection copies what is young before anything else runs on, so the younger
 * generation is small: a fleet that speaks at once holds up nobody for it. Half of this size costs a fleet that speaks a quarter more computing.
 */
export const nodeFlags: readonly string[] = ['--max-semi-space-size=8'];
