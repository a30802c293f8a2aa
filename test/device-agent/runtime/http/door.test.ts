import test from 'ava';
import { Door } from '../../../../device-agent/runtime/http/door.ts';
import type { Ask } from '../../../../device-agent/runtime/http/messages.ts';

test('a request is taken as a client of a proxy asks too, whatever host it names', (t) => {
  const asked: Ask[] = [];
  const door = new Door('here', (ask) => asked.push(ask));
  door.route([{ route: '/', application: 'all' }]);
  const place = { method: 'GET', headers: {}, body: new Uint8Array(0), address: '::1' };
  for (const url of ['/a?b=c', 'http://here:80/a?b=c', 'HTTP://user@there/a?b=c', 'http://here', 'http://here?b=c'])
    void door.answer({ ...place, url });
  const seen = asked.map(({ ask: { pathInfo, query } }) => `${pathInfo} ${query}`);
  t.deepEqual(seen, ['/a b=c', '/a b=c', '/a b=c', '/ ', '/ b=c']);
});
