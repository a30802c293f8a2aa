import type { ServerResponse } from 'node:http';

/** Answers that their clients have not taken yet, within bounds: whoever has let one wait longest gives way, and is cut off. */
export class UnsentAnswers {
  readonly #bytesMax: number;
  /** Oldest first. */
  readonly #waiting = new Map<ServerResponse, number>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  send(response: ServerResponse, body: Uint8Array): void {
    if (response.destroyed) return;
    this.#waiting.set(response, body.length);
    this.#bytes += body.length;
    response.once('close', () => this.#gone(response));
    response.end(body);
    for (const oldest of this.#waiting.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#gone(oldest);
      oldest.destroy();
    }
  }

  #gone(response: ServerResponse): void {
    this.#bytes -= this.#waiting.get(response) ?? 0;
    this.#waiting.delete(response);
  }
}
