import { changeDemoFleet, changedApplication } from '../cli/demo/demo-fleet.ts';
import type { TestWorld } from '../test/end-to-end/world.ts';

/** Gives the fleet one of an application's two releases in turn: each comes by a delta from the other. */
export function changeRelease(made: TestWorld, update: number): void {
  if (update === 0) return changeDemoFleet(made.world.context, made.fleet);
  const [from, to] = update % 2 === 1 ? ['1.1.0', '1.0.0'] : ['1.0.0', '1.1.0'];
  made.edit(`applications/${changedApplication}.yaml`, `release: ${from}`, `release: ${to}`);
}
