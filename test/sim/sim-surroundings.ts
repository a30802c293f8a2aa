import type { Clock, LeftText, Power, Surroundings } from '../../platform/ports.ts';

/** Where a simulated device is: what programs aboard wrote, what leads out of it and what feeds it. */
export class SimSurroundings implements Surroundings {
  readonly #texts = new Map<string, LeftText>();
  /** What leads out; undefined where nothing does. */
  wayOut: string | undefined = 'sim0';
  /** What leads out too, where somebody takes it. */
  others: readonly string[] = [];
  supply: Power = {};

  /** A program aboard writes a file, at the time that this clock shows. */
  write(path: string, text: string, clock: Pick<Clock, 'now'>): void {
    this.#texts.set(path, { text, writtenMs: clock.now() });
  }

  remove(path: string): void {
    this.#texts.delete(path);
  }

  leftText(path: string, bytesMax: number): LeftText | undefined {
    const left = this.#texts.get(path);
    return left !== undefined && Buffer.byteLength(left.text) <= bytesMax ? left : undefined;
  }

  interface(): string | undefined {
    return this.wayOut;
  }

  interfaces(): readonly string[] {
    return this.wayOut === undefined ? [] : [this.wayOut, ...this.others];
  }

  power(): Power {
    return this.supply;
  }
}
