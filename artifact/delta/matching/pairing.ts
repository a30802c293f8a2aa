/** Which function of the old module became which of the new one; each is paired at most once. */
export class Pairing {
  /** By old function the new one, or -1. */
  readonly toNew: Int32Array;
  /** By new function the old one, or -1. */
  readonly toOld: Int32Array;
  count = 0;

  constructor(oldCount: number, newCount: number) {
    this.toNew = new Int32Array(oldCount).fill(-1);
    this.toOld = new Int32Array(newCount).fill(-1);
  }

  isFree(old: number, fresh: number): boolean {
    return this.toNew[old] === -1 && this.toOld[fresh] === -1;
  }

  /** Pairs two functions unless one of them is taken; says whether it did. */
  pair(old: number, fresh: number): boolean {
    if (!this.isFree(old, fresh)) return false;
    this.toNew[old] = fresh;
    this.toOld[fresh] = old;
    this.count++;
    return true;
  }
}
