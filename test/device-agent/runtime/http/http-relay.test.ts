import test from 'ava';
import { HttpRelay, type RelayOptions } from '../../../../device-agent/runtime/http/http-relay.ts';
import type { Ask, ToDoor } from '../../../../device-agent/runtime/http/messages.ts';
import { SimTime } from '../../../../platform/simulated/clock.ts';

const place = { address: '', serverName: '', serverPort: 80, headers: {}, query: '', pathInfo: '', body: '' };
const asking = (id: number, application: string): Ask => {
  return { kind: 'ask', id, application, ask: { method: 'GET', route: `/${application}`, ...place } };
};

/** A relay whose door says what the test has it say; only `pump` has a host, which is called `standard`. */
function openRelay() {
  const time = new SimTime(0);
  const told: ToDoor[] = [];
  const counts: Record<string, number>[] = [];
  const logged: string[] = [];
  let say: (message: unknown) => void = () => {};
  const door = {
    ...{ pid: 1, kill: () => {}, onExit: () => {}, send: (message: unknown) => void told.push(message as ToDoor) },
    onMessage: (handler: (message: unknown) => void) => {
      say = handler;
    },
  };
  const relay = new HttpRelay({
    ...{
      file: 'door.js',
      host: 'here',
      port: 80,
      clock: time.clock({ alive: true }),
      processes: { start: () => door },
    },
    random: { fraction: () => 0, bytes: (length) => new Uint8Array(length) },
    log: { write: (_level, event) => void logged.push(event) },
    ask: ({ application }) => (application === 'pump' ? 'standard' : undefined),
    onDropped: (one) => void counts.push({ ...one }),
    ...{ onStart: () => {}, onFault: () => {} },
  } satisfies RelayOptions);
  relay.serve(['pump', 'horn'].map((application) => ({ route: `/${application}`, application })));
  const answers = () => told.flatMap((one) => (one.kind === 'answer' ? [`${one.id} ${one.answer.kind}`] : []));
  return { relay, time, counts, logged, answers, say: (message: unknown) => say(message) };
}

test('a request that nobody took, or whose host left it, is answered and counted, each once', async (t) => {
  const { relay, time, counts, answers, say } = openRelay();
  say(asking(1, 'horn'));
  for (const id of [2, 3, 4]) say(asking(id, 'pump'));
  relay.answered('standard', { kind: 'answer', id: 2, answer: { kind: 'absent' } });
  relay.answered('standard', { kind: 'answer', id: 3, answer: { kind: 'busy' } });
  relay.died('standard');
  relay.died('standard');
  await time.runUntil(1_000);
  t.deepEqual(answers(), ['1 absent', '2 absent', '3 busy', '4 absent']);
  t.deepEqual(counts, [{ horn: 1, pump: 2 }], 'who was busy is counted by its host');
});

test('what the door dropped counts for those it leads to alone, and connections that it closed unread are told', async (t) => {
  const { time, counts, logged, say } = openRelay();
  say({ kind: 'dropped', counts: { pump: 7, stranger: 9, '': 3 } });
  say({ kind: 'dropped', counts: { pump: -1 } });
  say({ kind: 'dropped', counts: ['pump'] });
  await time.runUntil(1_000);
  t.deepEqual(counts, [{ pump: 7 }]);
  t.deepEqual(logged, ['runtime.door.full', 'runtime.door.nonsense', 'runtime.door.nonsense']);
});

test('what the supervisor asks by itself is answered to it by the host that was asked, or is over with that host', async (t) => {
  const { relay, time, counts, answers } = openRelay();
  const { ask } = asking(0, 'pump');
  const [first, second, third] = ['pump', 'pump', 'horn'].map((application) => relay.probe(application, ask));
  relay.answered('background', { kind: 'answer', id: 1, answer: { kind: 'late' } });
  relay.answered('standard', { kind: 'answer', id: 1, answer: { kind: 'busy' } });
  t.deepEqual(await first, { kind: 'busy' });
  relay.died('standard');
  t.deepEqual(await second, { kind: 'absent' });
  t.deepEqual(await third, { kind: 'absent' }, 'it has no host');
  const last = relay.probe('pump', ask);
  relay.stop();
  t.deepEqual(await last, { kind: 'absent' });
  await time.runUntil(1_000);
  t.deepEqual([answers(), counts], [[], []], 'nobody at the door hears of it');
});
