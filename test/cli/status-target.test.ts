import test from 'ava';
import { exitCodes } from '../../cli/exit-codes.ts';
import { exitCodeOf } from '../../cli/status-target.ts';
import type { ConvergenceState, SourceStatus, StatusDocument } from '../../schemas/generated/types.ts';

function status(state: ConvergenceState, source: SourceStatus['state'], more: object = {}): StatusDocument {
  return { state, source: { state: source }, fleets: [], ...more } as unknown as StatusDocument;
}

test('a device that failed is told to scripts whatever else is: a refused commit, most likely its mend, does not hide it', (t) => {
  t.is(exitCodeOf(status('failed', 'refused')), exitCodes.halted);
  t.is(exitCodeOf(status('failed', 'unreachable')), exitCodes.halted);
});

test('what converged is stale where it is not known to be what is wanted', (t) => {
  t.is(exitCodeOf(status('converged', 'current')), exitCodes.ok);
  for (const state of ['refused', 'unreachable'] as const)
    t.is(exitCodeOf(status('converged', state)), exitCodes.stale);
  t.is(exitCodeOf(status('progressing', 'refused')), exitCodes.stale);
  t.is(exitCodeOf(status('converged', 'current', { broker: { state: 'unreachable' } })), exitCodes.stale);
  t.is(exitCodeOf(status('converged', 'current', { storage: { code: 'STATE_FULL' } })), exitCodes.stale);
  t.is(exitCodeOf(status('converged', 'current', { storage: { code: 'STATE_ROWS_SET_ASIDE' } })), exitCodes.ok);
});

test('devices that wait for a rollout that is halted do not wait for time: that is told as a failure is, unless all asked for are well', (t) => {
  for (const state of ['halted', 'reverting'] as const) {
    const more = { fleets: [{ name: 'ships', rollout: { state } }] };
    t.is(exitCodeOf(status('progressing', 'current', more)), exitCodes.halted);
    t.is(exitCodeOf(status('progressing', 'refused', more)), exitCodes.halted);
    t.is(exitCodeOf(status('converged', 'current', more)), exitCodes.ok);
  }
  for (const state of ['running', 'paused', 'done'] as const) {
    const more = { fleets: [{ name: 'ships', rollout: { state } }] };
    t.is(exitCodeOf(status('progressing', 'current', more)), exitCodes.progressing);
  }
});
