import type { Clock, Log, Random } from '../../platform/ports.ts';
import type { ShadowDesired } from '../../schemas/generated/types.ts';
import { isShadowDesired } from '../../schemas/generated/validators/shadow-desired.js';
import type { Courier, Failure, Verdict } from '../courier/courier.ts';
import { RetryPause } from '../download/retry.ts';
import { type EngineEvent, isDeploymentLost } from './decide.ts';
import { slotOf } from './slot-of.ts';
import { envelopeDigest } from './slots.ts';
import type { Memory } from './state.ts';

export interface IntakeOptions {
  readonly courier: Courier;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly memory: () => Memory;
  readonly emit: (event: EngineEvent) => void;
  /** The shore says what it said before: something that was tried in vain may succeed now. */
  readonly onRepeat: () => void;
}

/** Turns the shadow's desired state, which anybody may have written, into a judged deployment: the newest one only. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #pause: RetryPause;
  #abort = new AbortController();
  /** The digest of what is being judged or was judged last: the shadow repeats itself at every reconnect. */
  #digest: string | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#pause = new RetryPause(options.clock, options.random);
  }

  /** Something is desired; what was desired before and is not judged yet no longer matters. */
  consider(desired: unknown): void {
    const { memory, emit, onRepeat } = this.#options;
    if (!isShadowDesired(desired)) {
      const [first] = isShadowDesired.errors ?? [];
      const message = `the desired state of the shadow: ${first?.instancePath ?? ''} ${first?.message ?? 'is not valid'}`;
      emit({ kind: 'refused', problem: { code: 'DESIRED_MALFORMED', message } });
      return;
    }
    const digest = desired.envelope === undefined ? desired.blob?.sha256 : envelopeDigest(desired.envelope);
    if (digest === undefined) return;
    const isLost = isDeploymentLost(memory());
    if (!isLost && (digest === memory().highest.envelope || digest === this.#digest)) return onRepeat();
    this.stop();
    this.#digest = digest;
    this.#abort = new AbortController();
    void this.#run(desired, this.#abort.signal);
  }

  stop(): void {
    this.#abort.abort();
    this.#digest = undefined;
  }

  /** The link came back: try now. */
  nudge(): void {
    this.#pause.nudge();
  }

  async #run(desired: ShadowDesired, signal: AbortSignal): Promise<void> {
    const { courier, emit, log } = this.#options;
    const { sequence } = desired;
    for (let failures = 1; ; failures++) {
      const verdict = await courier.judge(desired, signal);
      if (signal.aborted) return;
      if (verdict.kind !== 'failed') return this.#tell(verdict, sequence);
      const { problem, isLink } = verdict;
      log.write('debug', 'intake.failed', { sequence, code: problem.code, failures, reason: problem.message });
      if (!isLink) emit({ kind: 'refused', problem: { ...problem, sequence } });
      try {
        await this.#pause.wait(failures, verdict, signal);
      } catch {
        return;
      }
    }
  }

  #tell(verdict: Exclude<Verdict, Failure>, offered: number): void {
    const { emit } = this.#options;
    if (verdict.kind === 'refused') {
      // Nobody vouches for the sequence outside of the envelope, but it tells which offer this is about.
      emit({ kind: 'refused', problem: { sequence: offered, ...verdict.problem } });
      return;
    }
    emit({ kind: 'offered', slot: slotOf(verdict), envelope: verdict.envelope });
  }
}
