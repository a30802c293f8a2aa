/** Which part of the status is asked for, and what the answer says to a script. */
import { parseSelector, SelectorTextError } from '../controller/manifests/selector-text.ts';
import type { StatusDocument } from '../schemas/generated/types.ts';
import { CommandError } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { type RollingFleet, rollingFleets } from './render/rollout-screen.ts';

export type TargetKind = 'fleet' | 'site' | 'device';

export interface Target {
  readonly kind: TargetKind;
  readonly name: string;
}

/** `device/NAME` and its like. Throws `CommandError`. */
export function parseTarget(text: string): Target {
  const [kind, name, ...rest] = text.split('/');
  if ((kind === 'fleet' || kind === 'site' || kind === 'device') && name && rest.length === 0) return { kind, name };
  throw new CommandError(`${JSON.stringify(text)} is not fleet/NAME, site/NAME or device/NAME`, exitCodes.usage);
}

/** The selector as it was written, when it is one. Throws `CommandError`. */
export function checkSelector(text: string): string {
  try {
    parseSelector(text);
    return text;
  } catch (error) {
    if (error instanceof SelectorTextError) throw new CommandError(error.message, exitCodes.usage);
    throw error;
  }
}

/** A target as the controller takes it. */
export function targetText({ kind, name }: Target): string {
  return `${kind}/${name}`;
}

/** A fleet whose rollout is halted or taken back: those of its devices that wait do so until somebody acts. */
export function stoppedFleet({ fleets }: StatusDocument): RollingFleet | undefined {
  return rollingFleets(fleets).find(({ rollout: { state } }) => state === 'halted' || state === 'reverting');
}

/** What a status says to a script. */
export function exitCodeOf(status: StatusDocument): ExitCode {
  const { state, source, broker, storage } = status;
  if (state === 'progressing' && stoppedFleet(status) !== undefined) return exitCodes.halted;
  if (state !== 'failed' && source.state === 'refused') return exitCodes.stale;
  const codes = {
    failed: exitCodes.halted,
    progressing: exitCodes.progressing,
    stale: exitCodes.stale,
    converged: exitCodes.ok,
  };
  const isReached = broker === undefined || broker.state === 'reached';
  const isKnown = source.state === 'current' && isReached && isWritten(storage);
  return isKnown || state !== 'converged' ? codes[state] : exitCodes.stale;
}

/** Rows that were set aside are rebuilt; a state that can't be written is trouble now. */
function isWritten(storage: StatusDocument['storage']): boolean {
  return storage === undefined || storage.code === 'STATE_ROWS_SET_ASIDE';
}
