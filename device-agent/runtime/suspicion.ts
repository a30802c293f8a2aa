/** Who ended a process that several applications shared: pure decisions, from what is known of each death. */

/** How a process ended. */
export type HostEnding =
  /** By itself: a signal of its own, or an exit code. */
  | 'crashed'
  /** It said nothing any more and was ended for it. */
  | 'hung'
  /** By someone outside, such as the kernel when memory ran out. */
  | 'killed';

/** What is known of a death. */
export interface HostDeath {
  readonly ending: HostEnding;
  /** The applications that could have done something: those that were starting or running. */
  readonly residents: readonly string[];
  /** The one whose code was being executed, where the process left a note of it. */
  readonly executing: string | undefined;
  readonly atMs: number;
}

/** What is held against applications. */
export interface Suspicion {
  /** Those that are known to have ended a process. */
  readonly culprits: ReadonlySet<string>;
  /** In each of these groups is one that did; each group has a process of its own until it is known which. */
  readonly groups: readonly (readonly string[])[];
  /** When a process was last ended from outside, and when one last died. */
  readonly killedAtMs: number;
  readonly diedAtMs: number;
}

/** At the beginning. */
export const noSuspicion: Suspicion = {
  culprits: new Set(),
  groups: [],
  killedAtMs: Number.NEGATIVE_INFINITY,
  diedAtMs: Number.NEGATIVE_INFINITY,
};

/** Two kills within this time are no accident; and a group that goes this long without one is suspected no more. */
export const suspicionMs = 600_000;

/** One: it was this one. Several: it was one of these. None: nobody is held to have done it. */
function suspectsOf({ ending, residents, executing, atMs }: HostDeath, { killedAtMs }: Suspicion): readonly string[] {
  if (ending === 'killed') return atMs - killedAtMs < suspicionMs ? residents : [];
  return executing !== undefined && residents.includes(executing) ? [executing] : residents;
}

/** What a death tells: whom it leaves under suspicion, and how they are separated. */
export function judgeDeath(
  death: HostDeath,
  before: Suspicion,
): { readonly suspects: readonly string[]; readonly suspicion: Suspicion } {
  const suspects = suspectsOf(death, before);
  const killedAtMs = death.ending === 'killed' ? death.atMs : before.killedAtMs;
  const after = { ...before, killedAtMs, diedAtMs: death.atMs };
  if (suspects.length === 0) return { suspects, suspicion: after };
  if (suspects.length === 1) {
    const culprits = new Set([...before.culprits, suspects[0]!]);
    return { suspects, suspicion: { ...after, culprits, groups: [] } };
  }
  const middle = Math.ceil(suspects.length / 2);
  const halves = [suspects.slice(0, middle), suspects.slice(middle)];
  // Who was suspected for an earlier death and not now is cleared by this one.
  return { suspects, suspicion: { ...after, groups: halves } };
}

/** Suspicion of what still runs: changed applications start with a clean sheet, and a long quiet time clears groups. */
export function reviewSuspicion(suspicion: Suspicion, unchanged: ReadonlySet<string>, nowMs: number): Suspicion {
  const isQuiet = nowMs - suspicion.diedAtMs >= suspicionMs;
  const groups = suspicion.groups.map((group) => group.filter((name) => unchanged.has(name)));
  return {
    ...suspicion,
    culprits: new Set([...suspicion.culprits].filter((name) => unchanged.has(name))),
    groups: isQuiet ? [] : groups.filter((group) => group.length > 0),
  };
}
