/** What an application spends of its fuel a second, from one look to the next. */
export class FuelRate {
  #fuelSpent = 0;
  #atMs = 0;

  /** Nothing is spent yet. */
  begin(atMs: number): void {
    this.#fuelSpent = 0;
    this.#atMs = atMs;
  }

  /** Fuel a second since it was looked at before. */
  look(fuelSpent: number, nowMs: number): number {
    const fuel = Math.max(0, fuelSpent - this.#fuelSpent);
    const seconds = Math.max(1, nowMs - this.#atMs) / 1000;
    this.#fuelSpent = fuelSpent;
    this.#atMs = nowMs;
    return Math.round(fuel / seconds);
  }
}
