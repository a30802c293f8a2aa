import { GuestImports } from './guest-imports.ts';
import { LeftMemories } from './left-memories.ts';
import { TurnHolder } from './turn-holder.ts';
import type { Turns } from './turns.ts';

/** What all guests of one thread share. */
export class GuestThread {
  readonly turns: Turns;
  readonly holder = new TurnHolder();
  readonly imports = new GuestImports(this.holder);
  readonly memories = new LeftMemories();

  constructor(turns: Turns) {
    this.turns = turns;
  }
}
