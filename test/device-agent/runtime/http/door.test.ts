import test from 'ava';
import { Door } from '../../../../device-agent/runtime/http/door.ts';
import { DropCount } from '../../../../device-agent/runtime/http/drop-count.ts';
import { type Ask, askBodyBytesMax } from '../../../../device-agent/runtime/http/messages.ts';
import type { LocalRequest } from '../../../../platform/local-http.ts';
import { SimTime } from '../../../../platform/simulated/clock.ts';

function request(url: string, changes: Partial<LocalRequest> = {}): LocalRequest {
  const readBody = async (): Promise<Uint8Array> => new Uint8Array(0);
  return { method: 'GET', url, headers: {}, address: '::1', bodyBytesMax: 0, readBody, ...changes };
}

function openDoor(...applications: readonly string[]) {
  const asked: Ask[] = [];
  const dropped: string[] = [];
  const door = new Door('here', {
    ask: (ask) => asked.push(ask),
    onDropped: (application) => dropped.push(application),
  });
  door.route(applications.map((application) => ({ route: `/${application}`, application })));
  return { door, asked, dropped };
}

/** Once all that can be known of it by now is. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a request is taken as a client of a proxy asks too, whatever host it names', async (t) => {
  const { door, asked } = openDoor('');
  for (const url of ['/a?b=c', 'http://here:80/a?b=c', 'HTTP://user@there/a?b=c', 'http://here', 'http://here?b=c'])
    void door.answer(request(url));
  await settled();
  const seen = asked.map(({ ask: { pathInfo, query } }) => `${pathInfo} ${query}`);
  t.deepEqual(seen, ['/a b=c', '/a b=c', '/a b=c', '/ ', '/ b=c']);
});

test('an application with any number of requests leaves room for its neighbour, and what finds none is counted as its own', async (t) => {
  const { door, asked, dropped } = openDoor('slow', 'quick');
  const many = Array.from({ length: 1_000 }, () => door.answer(request('/slow')));
  await settled();
  t.is(asked.length, 256);
  t.deepEqual([...new Set(dropped)], ['slow']);
  t.is(dropped.length, 744);
  const quick = door.answer(request('/quick'));
  await settled();
  const { id } = asked.at(-1)!;
  door.answered({ kind: 'answer', id, answer: { kind: 'response', status: 204, headers: [], body: '' } });
  t.is((await quick).status, 204);
  for (const { id } of asked) door.answered({ kind: 'answer', id, answer: { kind: 'late' } });
  const statuses = (await Promise.all(many)).map(({ status }) => status);
  t.deepEqual([...new Set(statuses)].sort(), [503, 504]);
  void door.answer(request('/slow'));
  await settled();
  t.is(dropped.length, 744, 'who was answered makes room');
});

test('bodies that come at once have so many bytes in all, and the body of a request that finds no room is not read', async (t) => {
  const { door, asked, dropped } = openDoor('all');
  const large = { bodyBytesMax: askBodyBytesMax, readBody: async () => new Uint8Array(askBodyBytesMax) };
  let unread = 0;
  for (let count = 0; count < 40; count++) {
    const answer = door.answer(request('/all', large));
    if (count >= 32) unread += (await answer).status === 503 ? 1 : 0;
  }
  await settled();
  t.deepEqual([asked.length, dropped.length, unread], [32, 8, 8]);
  const answer = door.answer(request('/all', { readBody: async () => undefined }));
  t.is((await answer).status, 413);
});

test('a flood of drops is one message in a while, with a count by application', async (t) => {
  const time = new SimTime(0);
  const told: unknown[] = [];
  const drops = new DropCount(time.clock({ alive: true }), (counts) => told.push(counts));
  for (let count = 0; count < 500; count++) drops.add('one');
  drops.add('other', 3);
  t.deepEqual(told, []);
  await time.runUntil(1_000);
  drops.add('one');
  await time.runUntil(2_000);
  t.deepEqual(told, [{ one: 500, other: 3 }, { one: 1 }]);
});
