import test from 'ava';
import { type JsonObject, mergeState } from '../../../controller/shadow/document.ts';
import { ReportedState } from '../../../device-agent/transport/reported-state.ts';
import type { Report } from '../../../schemas/generated/types.ts';

const at = '2026-11-01T00:00:00.000Z';
const idle: Report = {
  ...{ at, boot: { id: '1', number: 1 }, counter: 1, agentVersion: '1', phase: 'idle', since: at },
  ...{ highestSequence: 1, applications: [] },
};
const full: Report = {
  ...idle,
  running: { sequence: 1, revision: 'a' },
  target: { sequence: 2, revision: 'b' },
  progress: { bytesDone: 1, bytesTotal: 2 },
  problem: { code: 'DISK_FULL', message: 'no space', at, sequence: 4 },
  bytesReceivedTotal: 7,
};

/** What a shadow that held `state` holds after these updates. */
function shadowAfter(state: object, ...updates: readonly (object | undefined)[]): object {
  let held = { state: state as JsonObject, metadata: {} };
  for (const update of updates) held = mergeState(held, (update ?? {}) as JsonObject, 0);
  return held.state;
}

test('a report replaces whatever report was there before, also where it says less', (t) => {
  const problem = { code: 'OTHER', message: 'any', at };
  for (const report of [idle, { ...idle, problem }]) {
    t.deepEqual(shadowAfter(full, new ReportedState().updateFor(report)), report);
  }
});

test('what one report says and the next of the same connection does not is gone, whatever it is', (t) => {
  const reported = new ReportedState();
  const waiting = { to: 'fetch' as const, code: 'LINK_BUDGET', message: 'waits' };
  const more = { ...full, waiting, links: [{ name: 'vsat', bytes: 7 }] };
  const [first, second] = [reported.updateFor(more), reported.updateFor(full)];
  t.deepEqual(shadowAfter({}, first, second), full);
});

const stranger = { ...full, weather: { wind: 7 }, progress: { bytesDone: 1, bytesTotal: 2, speed: 3 } };

test('what a stranger left in the shadow goes with the next report', (t) => {
  const reported = new ReportedState();
  t.is(reported.found(stranger), undefined);
  t.deepEqual(shadowAfter(stranger, reported.updateFor(full)), full);
});

test('what a stranger left goes at once when the report was faster than the reading', (t) => {
  const reported = new ReportedState();
  const first = reported.updateFor(full);
  t.deepEqual(shadowAfter(stranger, first, reported.found(stranger)), full);
  t.deepEqual(shadowAfter({}, reported.found(stranger)), full, 'it is a whole report');
  t.deepEqual(shadowAfter(stranger, first, reported.found(stranger), reported.updateFor(idle)), idle);
});

test('a shadow that holds nothing else costs no update of its own', (t) => {
  const reported = new ReportedState();
  reported.updateFor(full);
  t.is(reported.found(full), undefined);
  t.is(reported.found(undefined), undefined);
  t.is(reported.found(['not', 'members']), undefined);
});
