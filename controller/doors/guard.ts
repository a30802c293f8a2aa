/**
 * The one way in for what comes from outside: a message, a request, a timer. Whatever goes wrong behind a door is told once,
 * with its subject, and ends nothing: neither the connection it came over, nor the loop, nor the process.
 */
import type { Clock, Log } from '../../platform/ports.ts';

/** A kind of entry; a name in the log. */
export type Door = 'mqtt' | 'http' | 'timer';

/** Runs what comes in. */
export interface Guard {
  /** Runs `work` on behalf of `subject`; the promise resolves when it is over, and never rejects. */
  run(door: Door, subject: string, work: () => unknown): Promise<void>;
  /** Tells of an error that was already caught, in the same way. */
  tell(door: Door, subject: string, error: unknown): void;
}

/** What the guard stands on. */
export interface GuardOptions {
  readonly clock: Clock;
  readonly log: Log;
}

/** Errors of one door and code are one line, and one more when this is over that counts those that followed. */
const foldMs = 60_000;

/** Kinds of errors counted apart at the same time; codes come from below, so there are few. */
const kindsMax = 100;

/** Of an error's own words in the log. */
const messageCharactersMax = 500;

const over = Promise.resolve();

interface Fold {
  repeats: number;
  lastSubject: string;
}

/** What programs go by: the error's own code, or else the name of its class. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'THROWN';
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

class FoldingGuard implements Guard {
  readonly #options: GuardOptions;
  readonly #folds = new Map<string, Fold>();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  run(door: Door, subject: string, work: () => unknown): Promise<void> {
    try {
      const outcome = work();
      if (!(outcome instanceof Promise)) return over;
      return outcome.then(
        () => {},
        (error: unknown) => this.tell(door, subject, error),
      );
    } catch (error) {
      this.tell(door, subject, error);
      return over;
    }
  }

  tell(door: Door, subject: string, error: unknown): void {
    const code = errorCode(error);
    const kind = `${door} ${code}`;
    const fold = this.#folds.get(kind);
    if (fold !== undefined) {
      fold.repeats += 1;
      fold.lastSubject = subject;
      return;
    }
    const message = (error instanceof Error ? error.message : String(error)).slice(0, messageCharactersMax);
    this.#options.log.write('error', 'door.failed', { door, subject, code, error: message });
    if (this.#folds.size < kindsMax) this.#open(kind, { door, code });
  }

  #open(kind: string, { door, code }: { readonly door: Door; readonly code: string }): void {
    const fold: Fold = { repeats: 0, lastSubject: '' };
    this.#folds.set(kind, fold);
    this.#options.clock.after(foldMs, () => {
      this.#folds.delete(kind);
      const { repeats, lastSubject } = fold;
      if (repeats > 0) this.#options.log.write('error', 'door.failed-again', { door, code, repeats, lastSubject });
    });
  }
}

/** A guard for all doors of one controller. */
export function createGuard(options: GuardOptions): Guard {
  return new FoldingGuard(options);
}
