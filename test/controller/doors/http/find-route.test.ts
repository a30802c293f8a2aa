import test from 'ava';
import { routeFinder } from '../../../../controller/doors/http/find-route.ts';
import { emptyAnswer } from '../../../../controller/doors/http/json-answer.ts';
import type { OpenRoute } from '../../../../controller/doors/http/route.ts';

const route = (path: string, method: OpenRoute['method'] = 'GET'): OpenRoute => ({
  ...{ method, path, for: 'anyone', answer: () => emptyAnswer() },
});

const find = routeFinder([
  ...[route('/devices'), route('/devices/{name}'), route('/devices/{name}', 'POST')],
  ...[route('/devices/{name}/logs/{id}'), route('/tuf/*')],
]);

test('a path has the routes of its own text, of a pattern with as many segments, or of how it begins', (t) => {
  t.deepEqual(find('/devices')?.params, {});
  t.deepEqual(find('/devices/crane%207')?.params, { name: 'crane 7' });
  t.deepEqual(
    find('/devices/a')?.routes.map(({ method }) => method),
    ['GET', 'POST'],
  );
  t.deepEqual(find('/devices/a/logs/3')?.params, { name: 'a', id: '3' });
  t.is(find('/tuf/1.root.json')?.routes.length, 1);
});

test('a path that is none, or only looks like a pattern, has no routes', (t) => {
  for (const path of ['/', '/devices/', '/devices/a/', '/devices/a/b', '/devices/%', '/tuf', '/constructor'])
    t.is(find(path), undefined, path);
  t.deepEqual(find('/devices/{name}')?.params, { name: '{name}' });
  t.deepEqual(find('/devices/__proto__')?.params, { name: '__proto__' });
});
