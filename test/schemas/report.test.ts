import test from 'ava';
import { isReport } from '../../schemas/generated/validators/report.js';

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

test('what a newer agent tells besides is no fault wherever it tells it, up to a number of members', (t) => {
  const usage = {
    memoryBytes: 1,
    memoryBytesMax: 2,
    fuelPerSecond: 3,
    data: { bytes: 1, bytesMax: 2, files: 3 },
    cpu: 4,
  };
  const more = { usage, events: { handled: 1, late: 1 }, facts: { speed: { value: 1, at, unit: 'kn' } }, fuel: 7 };
  const resident = { name: 'pump', was: 'running', since: at };
  const hostDeath = { at, host: 'x', how: 'y', applications: [resident], suspects: [], count: 1, signal: 9 };
  t.true(isReport({ ...older, weather: 'fair', hostDeath, applications: [{ ...application, ...more }] }));
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`member${at}`, at]));
  t.false(isReport({ ...older, ...many }));
});

test('a number or a time that can be none is refused, wherever it is', (t) => {
  for (const counter of [2 ** 53, 1e300, -1, 0.5]) t.false(isReport({ ...older, counter }), String(counter));
  t.false(isReport({ ...older, running: { sequence: 1e300, revision: 'a'.repeat(40) } }));
  t.false(isReport({ ...older, applications: [{ ...application, exitCode: -1e300 }] }));
  for (const time of ['2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z', '9999-99-99T99:99:99Z']) {
    t.false(isReport({ ...older, since: time }), time);
  }
});
