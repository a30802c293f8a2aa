import type { Log } from '../../platform/ports.ts';
import type { TakenMark } from '../../schemas/generated/types.ts';
import type { BundleVerdict, Courier } from '../courier/courier.ts';
import type { Problem } from '../problem.ts';
import type { EngineEvent } from './decide.ts';
import { judgeSequence } from './judge-sequence.ts';
import { slotOf } from './slot-of.ts';
import type { Memory } from './state.ts';

/** What became of the bundle that was carried here last. */
export type BundleState =
  | { readonly kind: 'none' }
  | { readonly kind: 'judging'; readonly file: string }
  | { readonly kind: 'refused'; readonly file: string; readonly problem: Problem }
  /** What this device lacks is being taken out of it: it has to stay where it is. */
  | { readonly kind: 'bringing'; readonly file: string; readonly sequence: number }
  /** All of it is here. */
  | { readonly kind: 'brought'; readonly file: string; readonly sequence: number }
  /** That deployment was here before. */
  | { readonly kind: 'known'; readonly file: string; readonly sequence: number };

/** What bundles are taken with. */
export interface BundleIntakeOptions {
  readonly courier: Pick<Courier, 'judgeBundle'>;
  readonly log: Log;
  readonly memory: () => Memory;
  readonly emit: (event: EngineEvent) => void;
  /** Told what the shore has of what this device had to say. */
  readonly onTaken: (marks: readonly TakenMark[]) => void;
}

/** Takes what was carried here by hand, one bundle at a time, and says what became of it. */
export class BundleIntake {
  readonly #options: BundleIntakeOptions;
  readonly #abort = new AbortController();
  #state: BundleState = { kind: 'none' };

  constructor(options: BundleIntakeOptions) {
    this.#options = options;
  }

  get state(): BundleState {
    const state = this.#state;
    if (state.kind !== 'bringing' || isFetching(this.#options.memory(), state.sequence)) return state;
    const message = `deployment ${state.sequence} is not wanted any more: a newer one came meanwhile`;
    return { kind: 'refused', file: state.file, problem: { code: 'BUNDLE_SUPERSEDED', message } };
  }

  /** Takes the one at this path; false while another is being taken. */
  take(file: string): boolean {
    const { kind } = this.state;
    if (kind === 'judging' || kind === 'bringing') return false;
    this.#state = { kind: 'judging', file };
    void this.#take(file);
    return true;
  }

  /** Where a deployment is to be fetched from, if not over the network. */
  pathFor(sequence: number): string | undefined {
    const state = this.#state;
    return state.kind === 'bringing' && state.sequence === sequence ? state.file : undefined;
  }

  /** A deployment was brought from there. */
  brought(sequence: number): void {
    const file = this.pathFor(sequence);
    if (file !== undefined) this.#become({ kind: 'brought', file, sequence });
  }

  /** It can't be brought from there: the network may do better. */
  failed(sequence: number, problem: Problem): void {
    const file = this.pathFor(sequence);
    if (file === undefined) return;
    this.#refuse(file, problem);
    this.#options.emit({ kind: 'way-changed', sequence });
  }

  stop(): void {
    this.#abort.abort();
  }

  #become(state: Exclude<BundleState, { readonly kind: 'none' | 'refused' }>): void {
    this.#state = state;
    const sequence = 'sequence' in state ? { sequence: state.sequence } : {};
    this.#options.log.write('info', `bundle.${state.kind}`, { file: state.file, ...sequence });
  }

  #refuse(file: string, problem: Problem): void {
    this.#state = { kind: 'refused', file, problem };
    this.#options.log.write('warn', 'bundle.refused', { file, code: problem.code, reason: problem.message });
  }

  async #take(file: string): Promise<void> {
    const verdict = await this.#options.courier.judgeBundle(file, this.#abort.signal);
    if (this.#abort.signal.aborted) return;
    if (verdict.kind === 'genuine') this.#offer(file, verdict);
    else this.#refuse(file, verdict.problem);
  }

  #offer(file: string, verdict: Extract<BundleVerdict, { readonly kind: 'genuine' }>): void {
    const { emit, memory, onTaken } = this.#options;
    // It is true of a bundle too whose deployment is too old by now.
    onTaken(verdict.taken);
    const slot = slotOf(verdict);
    const before = memory();
    const { sequence } = slot;
    const isSame = sequence === before.highest.sequence && slot.envelope === before.highest.envelope;
    const problem = isSame ? undefined : judgeSequence(before, slot);
    if (problem !== undefined) return this.#refuse(file, problem);
    if (isSame && !isFetching(before, sequence)) return this.#become({ kind: 'known', file, sequence });
    this.#become({ kind: 'bringing', file, sequence });
    emit(isSame ? { kind: 'way-changed', sequence } : { kind: 'offered', slot, envelope: verdict.envelope });
  }
}

function isFetching({ engine }: Memory, sequence: number): boolean {
  return engine.state === 'fetching' && engine.target.sequence === sequence;
}
