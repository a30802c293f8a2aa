/** The words between whoever has modules prepared and the process that does it. Both are the agent's own. */

/** One module to prepare, and where the result goes. */
export interface PrepareWork {
  /** Where the module lies, and what it must be. */
  readonly modulePath: string;
  readonly sha256: string;
  readonly length: number;
  readonly memoryPagesMax: number;
  /** Whether it is one of several that are linked. */
  readonly isLinked: boolean;
  /** Directory and name of the prepared module. */
  readonly directory: string;
  readonly name: string;
}

/** What came of it. */
export type PrepareOutcome =
  | { readonly kind: 'prepared' }
  /** It can't run, now or later. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It did not come to that; another try may. */
  | { readonly kind: 'failed'; readonly message: string };
