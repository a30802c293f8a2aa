/** Operators ask devices for something beside their deployments, and answers come. */
import test from 'ava';
import type { AnswersEvent, RequestEvent } from '../../../controller/engine/events.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { packReport } from '../../../schemas/brief-report.ts';
import { fleetOf, namedDevice, openEngine, reportOf, revision } from './test-engine.ts';

const key = `SHA256:${'A'.repeat(43)}`;
const id = 'ab'.repeat(8);
const hourMs = 3_600_000;
const answering = reportOf(1, { answers: true });

async function scene() {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const state = openSqliteState(':memory:');
  const open = async () => {
    const made = await openEngine({ clock: time.clock({ alive: true }), state, tellsConnections: true });
    made.engine.resume(revision, fleetOf([namedDevice('buoy', key)]));
    await time.runUntil(time.now);
    return made;
  };
  let made = await open();
  const after = async <T>(work: Promise<T>): Promise<T> => {
    await time.runUntil(time.now);
    return work;
  };
  const request = (change: Partial<RequestEvent['request']> = {}) =>
    after(
      made.engine.askDevice({
        ...{ kind: 'request', device: 'buoy' },
        request: {
          ...{ id, ask: 'logs', application: 'pump', by: 'ada', envelope: 'REQUEST', expiresAt: time.now + hourMs },
          ...change,
        },
      }),
    );
  let counter = 1;
  return {
    ...{ time, request },
    report: (report = answering) =>
      after(made.engine.news({ kind: 'news', device: 'buoy', knows: 0, report: packReport(report) })),
    desire: (sequence: number, envelope = 'ENVELOPE') => after(made.desire('buoy', sequence, envelope)),
    withdraw: (name = id) => after(made.engine.askDevice({ kind: 'withdrawal', device: 'buoy', id: name, by: 'bea' })),
    answer: (index: number, answers: AnswersEvent['answers']) =>
      after(
        made.engine.ask({
          ...{ kind: 'answers', device: 'buoy', answers },
          mark: { stream: '0123456789abcdef', segment: 1, index },
        }),
      ),
    /** What the device is told that knows nothing. */
    desired: async () => {
      counter += 1;
      const report = packReport(reportOf(counter, { answers: true }));
      return (await after(made.engine.news({ kind: 'news', device: 'buoy', knows: 0, report })))?.desired;
    },
    kept: async () => {
      const { documents } = made.image;
      await documents.bring([
        { room: 'answer', name: 'buoy' },
        { room: 'history', name: 'buoy' },
      ]);
      const history = documents.get('history', 'buoy') ?? [];
      return {
        answer: documents.get('answer', 'buoy'),
        codes: history.map(({ code }) => code),
        of: made.image.device('buoy'),
      };
    },
    restart: async () => {
      await after(made.engine.stop());
      made = await open();
    },
  };
}

test('a request travels beside the deployment over a restart, and its answer is kept once, whoever sends it again', async (t) => {
  const { report, desire, request, desired, restart, answer, kept, time } = await scene();
  await report();
  await desire(1);
  t.is(await request(), undefined);
  await restart();
  const both = { sequence: 1, envelope: 'ENVELOPE', request: 'REQUEST' };
  t.deepEqual(await desired(), both);
  await answer(0, [{ id, text: 'it leaks\n' }]);
  await answer(0, [{ id, text: 'another\n' }]);
  await answer(1, [{ id, text: 'a second one\n' }, undefined]);
  await restart();
  const { answer: taken, codes, of } = await kept();
  t.deepEqual(taken, { id, text: 'it leaks\n', at: time.now });
  t.is(of.request?.end, 'answered');
  t.deepEqual(codes.slice(0, 2), ['REQUEST_ANSWERED', 'REQUESTED']);
  t.deepEqual(await desired(), both, 'to take it out would cost the link');
  await desire(2, 'NEXT');
  t.deepEqual(await desired(), { sequence: 2, envelope: 'NEXT' });
});

test('one request waits at a time: until it is answered, withdrawn or expired another is refused', async (t) => {
  const { report, desire, request, desired, withdraw, answer, kept, time } = await scene();
  await report();
  await desire(1);
  await request();
  t.like(await request({ id: 'cd'.repeat(8) }), { code: 'REQUEST_OPEN' });
  t.like(await withdraw('cd'.repeat(8)), { code: 'NO_REQUEST' });
  t.is(await withdraw(), undefined);
  t.deepEqual(await desired(), { sequence: 1, envelope: 'ENVELOPE' });
  await answer(0, [{ id, text: 'too late' }]);
  t.is((await kept()).answer, undefined);
  t.is(await request({ id: 'cd'.repeat(8) }), undefined);
  await time.runUntil(time.now + hourMs);
  t.like(await withdraw('cd'.repeat(8)), { code: 'NO_REQUEST' });
  t.is(await request({ id: 'ef'.repeat(8) }), undefined);
});

test('a device is asked only where it says that it answers, was issued something, and its shadow has room', async (t) => {
  const { report, desire, request, desired } = await scene();
  t.like(await request(), { code: 'AGENT_TOO_OLD' });
  await report(reportOf(1));
  t.like(await request(), { code: 'AGENT_TOO_OLD' });
  await report({ ...answering, counter: 2 });
  t.like(await request(), { code: 'NOTHING_ISSUED' });
  await desire(1, 'E'.repeat(4_000));
  t.like(await request({ envelope: 'R'.repeat(1_500) }), { code: 'NO_ROOM' });
  t.is(await request({ envelope: 'R'.repeat(1_000) }), undefined);
  await desire(2, 'E'.repeat(4_096));
  t.deepEqual(Object.keys((await desired()) ?? {}), ['sequence', 'envelope'], 'and never more than fits');
});
