import { type Clock, DiskError } from '../../platform/ports.ts';
import { lineOf, type ShoreMessage } from './message.ts';
import type { MessageFiles } from './message-files.ts';
import { type ChannelPattern, isNamed, type Outlet, OutletError } from './outlet.ts';

/** What it stands on. */
export interface FileOutletParts {
  readonly files: Pick<MessageFiles, 'append'>;
  readonly clock: Clock;
  readonly only?: readonly ChannelPattern[];
}

/** What arrives within this time is made durable together. */
const gatherMs = 20;

interface Given {
  readonly lines: string;
  readonly settle: (outcome: 'written' | { readonly error: unknown }) => void;
}

/** Writes messages to NDJSON files. */
export class FileOutlet implements Outlet {
  readonly name = 'files';
  readonly #parts: FileOutletParts;
  #gathered: Given[] = [];

  constructor(parts: FileOutletParts) {
    this.#parts = parts;
  }

  takes(application: string, channel: string): boolean {
    return isNamed(this.#parts.only, application, channel);
  }

  give(messages: readonly ShoreMessage[]): Promise<void> {
    const lines = messages.map(lineOf).join('');
    return new Promise((resolve, reject) => {
      if (this.#gathered.length === 0) this.#parts.clock.after(gatherMs, () => this.#write());
      this.#gathered.push({ lines, settle: (outcome) => (outcome === 'written' ? resolve() : reject(outcome.error)) });
    });
  }

  #write(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    const outcome = this.#append(gathered.map(({ lines }) => lines).join(''));
    for (const { settle } of gathered) settle(outcome);
  }

  #append(lines: string): 'written' | { readonly error: unknown } {
    try {
      this.#parts.files.append(Buffer.from(lines));
      return 'written';
    } catch (error) {
      return { error: error instanceof DiskError ? new OutletError(`FILES_${error.code}`, error.message) : error };
    }
  }
}
