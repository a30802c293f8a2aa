import { writeFileDurably } from '../../platform/durable-file.ts';
import type { Clock, Disk, Log, Random } from '../../platform/ports.ts';
import { isObject } from '../../schemas/json-object.ts';
import type { AnswerVerdict, Courier, Failure } from '../courier/courier.ts';
import { RetryPause } from '../download/retry.ts';
import { readSmallFile } from '../storage/small-file.ts';
import { readIfPossible } from '../storage/unreadable.ts';
import { envelopeDigest } from '../update/slots.ts';

/** What it stands on. */
export interface AnsweringOptions {
  readonly courier: Pick<Courier, 'answer'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly log: Log;
  readonly stateDirectory: string;
  /** An answer waits to travel. */
  readonly onAnswered: () => void;
}

const fileName = 'answered';
const digestBytes = 64;
/** As the shadow's schema has it. */
const requestCharactersMax = 2_048;

function requestIn(desired: unknown): string | undefined {
  const request = isObject(desired) ? desired.request : undefined;
  return typeof request === 'string' && request.length <= requestCharactersMax ? request : undefined;
}

/**
 * Has what the shore asks beside the deployment answered, each once. The shadow repeats it after each connection and start, so which
 * one is done with is written down; a power cut in between costs a second answer under the same id.
 */
export class Answering {
  readonly #options: AnsweringOptions;
  readonly #pause: RetryPause;
  #abort = new AbortController();
  /** Of what is being answered, or was answered last. */
  #digest: string | undefined;

  constructor(options: AnsweringOptions) {
    this.#options = options;
    this.#pause = new RetryPause(options.clock, options.random);
  }

  /** Something is desired, which anybody may have written; what was asked before and is not answered yet no longer matters. */
  consider(desired: unknown): void {
    const envelope = requestIn(desired);
    const digest = envelope === undefined ? undefined : envelopeDigest(envelope);
    if (digest === this.#digest) return;
    this.stop();
    this.#digest = digest;
    if (envelope === undefined || digest === undefined || this.#done() === digest) return;
    this.#abort = new AbortController();
    void this.#run(envelope, digest, this.#abort.signal);
  }

  /** The link came back: try now. */
  nudge(): void {
    this.#pause.nudge();
  }

  stop(): void {
    this.#abort.abort();
    this.#digest = undefined;
  }

  #done(): string | undefined {
    const { disk, stateDirectory } = this.#options;
    const bytes = readIfPossible(() => readSmallFile(disk, `${stateDirectory}/${fileName}`, digestBytes));
    return bytes && Buffer.from(bytes).toString('latin1');
  }

  async #run(envelope: string, digest: string, signal: AbortSignal): Promise<void> {
    const { courier, log } = this.#options;
    for (let failures = 1; ; failures++) {
      const verdict = await courier.answer(envelope, signal);
      if (signal.aborted) return;
      if (verdict.kind !== 'failed') return this.#settle(verdict, digest);
      log.write('debug', 'request.failed', { code: verdict.problem.code, failures, reason: verdict.problem.message });
      try {
        await this.#pause.wait(failures, verdict, signal);
      } catch {
        return;
      }
    }
  }

  #settle(verdict: Exclude<AnswerVerdict, Failure>, digest: string): void {
    const { disk, log, stateDirectory, onAnswered } = this.#options;
    if (verdict.kind === 'answered') log.write('info', 'request.answered', { id: verdict.id });
    else log.write('warn', 'request.refused', { code: verdict.problem.code, reason: verdict.problem.message });
    try {
      writeFileDurably(disk, stateDirectory, fileName, Buffer.from(digest, 'latin1'));
    } catch (error) {
      // It is answered once more after a start: nothing is lost by that.
      log.write('warn', 'request.not-noted', { error });
    }
    if (verdict.kind === 'answered') onAnswered();
  }
}
