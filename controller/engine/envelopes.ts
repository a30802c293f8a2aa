/**
 * Signed deployments on their way into a write-set. One that travels inside the shadow is there at once. One that is fetched by
 * its digest is put where it is fetched first, which may take long, and no turn waits for it: its device is thought over again
 * when it is there, and what was put is taken if it is still what the device should get.
 */
import { inTime } from '../../platform/in-time.ts';
import type { Clock } from '../../platform/ports.ts';
import type { EngineEvent } from './events.ts';
import { type Issue, travelsAsBlob } from './issue.ts';

/** One that is not there by then has failed: who keeps them may be silent for ever. */
const putMsMax = 120_000;

/** Envelopes that are put at once; devices beyond wait until one is there. */
const puttingMax = 256;

export interface EnvelopesParts {
  readonly clock: Clock;
  readonly sign: (deployment: Issue['deployment']) => string;
  readonly putBlob: (bytes: Uint8Array) => Promise<unknown>;
  readonly consider: (device: string) => void;
  readonly tell: (event: EngineEvent) => void;
}

type Signed = Pick<Extract<EngineEvent, { kind: 'signed' }>, 'issued' | 'envelope'>;

/** Everything that is signed but the moment. */
function wantOf({ deployment: { issuedAt: _, ...rest }, issued }: Issue): string {
  const { signedBy, templateHash, definition, retries, goesOn } = issued;
  return JSON.stringify([rest, signedBy, templateHash, definition, retries, goesOn]);
}

export class Envelopes {
  readonly #parts: EnvelopesParts;
  /** Of devices whose envelope is being put. */
  readonly #putting = new Set<string>();
  /** What was put and not taken yet, by device. */
  readonly #put = new Map<string, Signed & { readonly want: string }>();
  /** Devices that are thought over again when one of those is there. */
  readonly #waiting = new Set<string>();

  constructor(parts: EnvelopesParts) {
    this.#parts = parts;
  }

  /** What may be written now; undefined while it is being put. */
  signed(issue: Issue): Signed | undefined {
    const { deployment, issued } = issue;
    const { device } = deployment;
    const put = this.#put.get(device);
    this.#put.delete(device);
    if (put !== undefined && put.want === wantOf(issue)) return { issued: put.issued, envelope: put.envelope };
    if (this.#putting.has(device) || this.#putting.size >= puttingMax) {
      this.#waiting.add(device);
      return undefined;
    }
    const envelope = this.#parts.sign(deployment);
    if (!travelsAsBlob(envelope)) return { issued, envelope };
    void this.#begin(device, { issued, envelope, want: wantOf(issue) });
    return undefined;
  }

  async #begin(device: string, signed: Signed & { readonly want: string }): Promise<void> {
    const { clock, putBlob, consider, tell } = this.#parts;
    this.#putting.add(device);
    try {
      const late = () => new Error(`the artifact store has not taken its envelope for ${putMsMax / 1000} s`);
      await inTime(clock, putMsMax, late, putBlob(new TextEncoder().encode(signed.envelope)));
      this.#put.set(device, signed);
      consider(device);
    } catch (error) {
      tell({ kind: 'failed', owed: { kind: 'issue', subject: device }, error });
    }
    this.#putting.delete(device);
    this.#wake();
  }

  /** The next one; all of them when nothing is on the way, as a woken one may turn out to need nothing. */
  #wake(): void {
    for (const device of this.#waiting) {
      this.#waiting.delete(device);
      this.#parts.consider(device);
      if (this.#putting.size > 0) return;
    }
  }
}
