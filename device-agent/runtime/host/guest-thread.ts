import { ThreadCounters } from './counters.ts';
import { GuestImports } from './guest-imports.ts';
import { LeftMemories } from './left-memories.ts';
import type { Turns } from './turns.ts';

/** What all guests of one thread share. */
export class GuestThread {
  readonly turns: Turns;
  readonly counters = new ThreadCounters();
  readonly imports = new GuestImports(this.counters);
  readonly memories = new LeftMemories();

  constructor(turns: Turns) {
    this.turns = turns;
  }
}
