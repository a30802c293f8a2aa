/** Devices that wait until others of their group are there again: woken one at a time, as each may take the room that there is. */
export class RoomQueue {
  readonly #waiting = new Map<string, Set<string>>();

  add(group: string, device: string): void {
    const waiting = this.#waiting.get(group) ?? new Set();
    this.#waiting.set(group, waiting.add(device));
  }

  /** Takes one out that waits longest; undefined when nobody does. */
  take(group: string): string | undefined {
    const waiting = this.#waiting.get(group);
    if (waiting === undefined) return undefined;
    const [first] = waiting;
    waiting.delete(first!);
    if (waiting.size === 0) this.#waiting.delete(group);
    return first;
  }
}
