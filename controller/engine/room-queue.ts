/** Devices that wait until others of their group are there again: woken one at a time, as each may take the room that there is. */
export class RoomQueue {
  readonly #waiting = new Map<string, Set<string>>();

  add(group: string, device: string): void {
    const waiting = this.#waiting.get(group) ?? new Set();
    this.#waiting.set(group, waiting.add(device));
  }

  /** Takes one out that waits longest and is in the group still; undefined when nobody does. */
  take(group: string, isInIt: (device: string) => boolean): string | undefined {
    const waiting = this.#waiting.get(group) ?? [];
    for (const device of waiting) {
      this.#leave(group, device);
      if (isInIt(device)) return device;
    }
    return undefined;
  }

  /** Those that wait, by their groups. */
  *names(): Generator<string> {
    for (const waiting of this.#waiting.values()) yield* waiting;
  }

  #leave(group: string, device: string): void {
    const waiting = this.#waiting.get(group);
    waiting?.delete(device);
    if (waiting?.size === 0) this.#waiting.delete(group);
  }
}
