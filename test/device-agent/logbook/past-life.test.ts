import test from 'ava';
import { judgeLife, startEntry } from '../../../device-agent/logbook/past-life.ts';
import { fullAllowance } from '../../../device-agent/logbook/start-allowance.ts';

const aliveMs = Date.parse('2026-03-01T03:10:00Z');
const left = { isStopped: false, aliveMs, machine: 7, starts: fullAllowance(aliveMs) };

test('a life that was not told to stop was killed where the machine is the same, and went with the power where it is another', (t) => {
  t.is(judgeLife(left, 7), 'killed');
  t.is(judgeLife(left, 8), 'power-cut');
  t.is(judgeLife({ ...left, isStopped: true }, 7), 'stopped');
  t.is(judgeLife({ ...left, isStopped: true }, 8), 'machine-restarted');
});

test('where the machine does not say which start it is, nobody claims a power cut', (t) => {
  t.is(judgeLife(left, 0), 'ended');
  t.is(judgeLife({ ...left, machine: 0 }, 8), 'ended');
});

test('a start says how long before the agent was known to be alive, unless its clock denies it', (t) => {
  const { code, message } = startEntry(left, 8, '0.1.0', aliveMs + 5 * 3_600_000);
  t.is(code, 'POWER_CUT');
  t.true(message.endsWith('it was known to be alive at 2026-03-01 03:10Z, 5 h before'), message);
  t.true(startEntry(left, 8, '0.1.0', 0).message.endsWith('alive at 2026-03-01 03:10Z'));
});

test('a note that is torn claims no more than that there was a life before', (t) => {
  const { code, message } = startEntry('torn', 8, '0.1.0', aliveMs);
  t.is(code, 'AGENT_ENDED');
  t.true(message.endsWith('when it ended is not known'), message);
});
