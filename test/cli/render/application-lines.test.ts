import test from 'ava';
import { applicationLines, hostDeathLine } from '../../../cli/render/application-lines.ts';

const application = { name: 'tide', version: '1.0.0', since: '2026-11-21T02:51:00Z', restarts: 0 } as const;

test('an application that runs tells what it takes and published, and why it has a process of its own', (t) => {
  const usage = {
    ...{ memoryBytes: 2_097_152, memoryBytesMax: 67_108_864, fuelPerSecond: 1_250_000 },
    data: { bytes: 5_000, bytesMax: 16_000_000 },
  };
  const facts = {
    speed: { value: 12.5, at: '2026-11-21T02:50:56Z' },
    in_port: { value: false, at: '2026-11-21T02:49:00Z' },
  };
  const running = { ...application, state: 'running', usage, facts, process: 'its manifest asks for it' } as const;
  t.deepEqual(applicationLines(running, application.since), [
    '  tide 1.0.0 running; memory 2 MiB of 64 MiB, 1.25 M fuel a second, data 4.88 KiB of 15.3 MiB',
    '    facts: speed 12.5 (4s), in_port false (2m)',
    '    in a process of its own: its manifest asks for it',
  ]);
});

test('an application whose state is kept tells of when, how much, and what became of it', (t) => {
  const running = { ...application, state: 'running' } as const;
  const snapshot = { at: '2026-11-21T02:50:56Z', bytes: 34_000, isRestored: true };
  t.is(
    applicationLines({ ...running, snapshot }, application.since)[1],
    '    snapshot: of 4s ago, 34.0 kB; it went on from one at its start',
  );
  t.is(
    applicationLines({ ...running, snapshot: { isTakenOver: true } }, application.since)[1],
    '    snapshot: it took over the state of the release before it',
  );
  const fault = 'it began afresh: it is damaged: its digest is another';
  t.is(applicationLines({ ...running, snapshot: { fault } }, application.since)[1], `    snapshot: ${fault}`);
  t.is(applicationLines({ ...running, snapshot: {} }, application.since)[1], '    snapshot: none yet');
});

test('an application that others are linked to names them by their versions', (t) => {
  const links = { codec: 'log/1.1.0', table: 'index/2.0.0' };
  const lines = applicationLines({ ...application, state: 'running', links }, application.since);
  t.is(lines[1], '    linked: codec log/1.1.0, table index/2.0.0');
});

test('one that flaps is said to', (t) => {
  const flapping = { ...application, state: 'running', restarts: 9, flapping: true } as const;
  t.deepEqual(applicationLines(flapping, application.since), ['  tide 1.0.0 running, flaps, restarted 9 times']);
});

test('an application that trapped tells where, and what it said last', (t) => {
  const failed = { state: 'backoff', message: 'trap: unreachable in sink < main', restarts: 1 } as const;
  const trapped = { ...application, ...failed, stack: ['sink', 'main'], lines: ['taking water'] };
  t.deepEqual(applicationLines(trapped, application.since), [
    '  tide 1.0.0 backoff, restarted 1 time: trap: unreachable in sink < main',
    '    in sink < main',
    '    | taking water',
  ]);
});

test('the death of a process names who did it, or who may have, and who was there', (t) => {
  const death = {
    ...{ at: '2026-11-21T02:51:00Z', host: 'standard', how: 'SIGABRT', count: 1 },
    applications: [
      { name: 'beacon', was: 'running' as const },
      { name: 'hog', was: 'executing' as const },
    ],
  };
  t.is(
    hostDeathLine({ ...death, suspects: ['hog'] }, '2m'),
    '2m before, the process standard, which ran beacon (running), hog (executing), ended by SIGABRT. hog did it; the others were only started again.',
  );
  t.regex(hostDeathLine({ ...death, suspects: ['beacon', 'hog'] }, '2m'), /One of beacon, hog did it: they run apart/);
  t.regex(hostDeathLine({ ...death, suspects: [] }, '2m'), /ended from outside/);
});
