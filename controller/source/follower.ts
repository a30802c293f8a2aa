/** What local repositories and mirrors of remotes have in common. */
import type { Repository } from './repository.ts';
import type { SourceEvent } from './source.ts';

/** Where a branch stands after a look. */
export type Tip =
  | {
      readonly kind: 'at';
      readonly oid: string;
      readonly repository: Repository;
      /** Brings the history that a first copy left out; false when there is no more of it. */
      readonly deepen: () => Promise<boolean>;
    }
  | Extract<SourceEvent, { readonly kind: 'empty' | 'branch-missing' }>;

/** A way to follow one branch. */
export interface Follower {
  readonly location: string;
  /** Resolves where the branch stands, with all its objects at hand; throws `SourceError`. */
  look(signal: AbortSignal, inForce: string | undefined): Promise<Tip>;
  /** The repository as it is at hand now. */
  repository(): Promise<Repository>;
  /** Says that an object could not be read; the next look starts over where it can. */
  distrust(): void;
}
