/** `fleet agent apply`: has the agent of this machine take a bundle, and waits until it needs it no more. */
import type { Clock, LineDoors } from '../../platform/ports.ts';
import type { BundleState } from '../update/bundle-intake.ts';
import { askAboard } from './aboard-question.ts';

/** What the command works with. */
export interface ApplyPorts {
  readonly doors: Pick<LineDoors, 'ask'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

const lookMs = 300;

/** What became of it, as a line; undefined while it is being taken. Throws why it is not. */
function outcome(device: string, bundle: BundleState): string | undefined {
  switch (bundle.kind) {
    case 'judging':
    case 'bringing':
      return undefined;
    case 'brought':
      return `${device} has all of deployment ${bundle.sequence}; ${bundle.file} is not needed any more.\n`;
    case 'known':
      return `${device} has deployment ${bundle.sequence} already; nothing is to be done.\n`;
    case 'refused':
      throw new Error(`${device} does not take it: ${bundle.problem.message} (${bundle.problem.code})`);
    case 'none':
      throw new Error(`the agent of ${device} was started again meanwhile; apply the bundle again`);
    default:
      return bundle satisfies never;
  }
}

/** Resolves with what to tell once all that the device lacks is on its disk. Throws why it is not taken. */
export async function applyBundle({ doors, clock, signal }: ApplyPorts, socket: string, file: string): Promise<string> {
  let answer = await askAboard(doors, socket, 'bundle', { ask: 'apply', file });
  for (;;) {
    const text = outcome(answer.device, answer.bundle);
    if (text !== undefined) return text;
    await clock.sleep(lookMs, signal);
    answer = await askAboard(doors, socket, 'bundle', { ask: 'bundle' });
  }
}
