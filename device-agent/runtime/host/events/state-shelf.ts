import { SnapshotError } from '../../../../artifact/snapshot/snapshot.ts';
import { DiskError } from '../../../../platform/ports.ts';
import type { DeployedApplication } from '../../../../schemas/generated/types.ts';
import type { KeptState, Predecessor } from '../../snapshot/kept-state.ts';
import type { KeptStateFiles, StateName } from '../../snapshot/kept-state-files.ts';

/** What there is to go on from. */
export type StateChoice =
  /** Its own. */
  | { readonly kind: 'own'; readonly state: KeptState }
  /** That of the release before it. */
  | { readonly kind: 'taken-over'; readonly state: KeptState }
  /** There is one that can't be handed over: beginning afresh would lose it. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** Nothing; `reason` where something was to be expected. */
  | { readonly kind: 'none'; readonly reason?: string };

/** Whose states are on the shelf. */
export interface ShelfTerms extends Pick<DeployedApplication, 'handover'> {
  readonly sha256: string;
  readonly predecessor?: Predecessor;
  /** Of a file that may be read. */
  readonly fileBytesMax: number;
}

/** The states of an application on the disk, as the release that runs now may use them. */
export class StateShelf {
  readonly #terms: ShelfTerms;
  readonly #open: () => KeptStateFiles;
  #opened: KeptStateFiles | undefined;

  /** `open` is called at the first use: until the application's lock is had, another process may still write there. */
  constructor(terms: ShelfTerms, open: () => KeptStateFiles) {
    this.#terms = terms;
    this.#open = open;
  }

  /** What the next instance goes on from: its own state, or else that of the release in whose place it runs. Throws a SnapshotError. */
  choose(): StateChoice {
    const own = this.#own();
    const exported = this.#terms.handover === 'migrate' ? own.find(({ kind }) => kind === 'exported') : undefined;
    const name = own.find(({ kind }) => kind === 'snapshot') ?? exported;
    if (name !== undefined) return { kind: 'own', state: this.#read(name, false) };
    const { predecessor, handover } = this.#terms;
    if (predecessor === undefined || handover === undefined) return { kind: 'none' };
    return this.#leftBy(predecessor, handover === 'migrate' ? 'exported' : 'snapshot');
  }

  #leftBy({ sha256 }: Predecessor, wanted: KeptState['kind']): StateChoice {
    const left = this.#files.of(sha256);
    const name = left.find(({ kind }) => kind === wanted);
    if (left.length === 0) return { kind: 'none', reason: 'nothing was kept of the release before it' };
    const how = wanted === 'exported' ? 'by its own export' : 'as a snapshot';
    if (name === undefined) return { kind: 'lost', reason: `it was not written ${how}` };
    try {
      return { kind: 'taken-over', state: this.#read(name, true) };
    } catch (error) {
      if (!(error instanceof SnapshotError || error instanceof DiskError)) throw error;
      return { kind: 'lost', reason: error.message };
    }
  }

  /** Durable when it is over. */
  put(kind: KeptState['kind'], pieces: readonly Uint8Array[]): void | Promise<void> {
    return this.#files.write({ sha256: this.#terms.sha256, lineage: this.#lineage(), kind }, pieces);
  }

  /** Removes its own. */
  clear(kinds: readonly KeptState['kind'][] = ['snapshot', 'exported']): void {
    for (const name of this.#own()) if (kinds.includes(name.kind)) this.#files.remove(name);
  }

  get #files(): KeptStateFiles {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #lineage(): number {
    return this.#terms.predecessor?.sequence ?? this.#files.of(this.#terms.sha256)[0]?.lineage ?? 0;
  }

  /** One that runs in another's place has none of its own from before that. */
  #own(): readonly StateName[] {
    const lineage = this.#lineage();
    return this.#files.of(this.#terms.sha256).filter((one) => one.lineage === lineage);
  }

  #read(name: StateName, isTakenOver: boolean): KeptState {
    return { kind: name.kind, ...this.#files.read(name, this.#terms.fileBytesMax), isTakenOver };
  }
}
