import test from 'ava';
import { isReport } from '../../schemas/generated/validators.js';

const at = '2026-11-01T00:00:00.000Z';
const application = { name: 'pump', version: '1.0.0', state: 'running', since: at, restarts: 0 };
const older = {
  ...{ at, counter: 1, agentVersion: '0.1.0', phase: 'active', since: at, highestSequence: 1 },
  applications: [application],
};

test('a report of an agent that counts across restarts is one, and so is one that names its boot', (t) => {
  t.true(isReport(older));
  t.true(isReport({ ...older, boot: { id: '00ff', number: 1 } }));
  t.false(isReport({ ...older, boot: { id: 'not hexadecimal', number: 1 } }));
  t.false(isReport({ ...older, boot: { id: '00ff', number: 0 } }));
});

test('what a newer agent tells besides is no fault, up to a number of members', (t) => {
  t.true(isReport({ ...older, weather: 'fair', applications: [{ ...application, fuel: 7 }] }));
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`member${at}`, at]));
  t.false(isReport({ ...older, ...many }));
});
