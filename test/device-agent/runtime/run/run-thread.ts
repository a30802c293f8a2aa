import { Turns } from '../../../../device-agent/runtime/host/turns.ts';
import type { RunThread } from '../../../../device-agent/runtime/run/run-module.ts';
import { nodeClock } from '../../../../platform/node/clock.ts';

/** A thread for one run. */
export function newRunThread(): RunThread {
  return { clock: nodeClock, turns: new Turns({ nextTurn: setImmediate, mark: () => {} }) };
}
