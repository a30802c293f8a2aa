import test from 'ava';
import { requestTarget } from '../../../../device-agent/runtime/http/request-target.ts';
import { meet } from '../../../../device-agent/runtime/http/route-table.ts';

test('a path is what RFC 3986 makes of it: nobody comes to a route that its path does not lead to', (t) => {
  const routes = ['/a', '/a/b', '/b'].map((route) => ({ route, application: route }));
  const led = (url: string): string => {
    const target = requestTarget(url);
    const met = target && meet(routes, target.path);
    return met === undefined ? `none at ${target?.path}` : `${met.application} ${met.pathInfo}`;
  };
  t.deepEqual(
    ['/a/../b', '/a/b/../c', '/a/./b/', '/a/%2e%2E/b/x', '/%61/b', '/../../b', '/a/b/..', '/a/x/.', '/ab', '/a//b'].map(
      led,
    ),
    ['/b ', '/a /c', '/a/b /', '/b /x', '/a/b ', '/b ', '/a /', '/a /x/', 'none at /ab', '/a //b'],
  );
});

test('what is no path is none: a segment that decodes to two, to no text or to an early end', (t) => {
  for (const url of ['/a%2Fb', '/a/..%2f..%2Fb', '/%ff', '/%zz', '/a%00', '*', 'a/b'])
    t.is(requestTarget(url), undefined, url);
  t.deepEqual(requestTarget('http://there?a?b'), { path: '/', query: 'a?b' });
});
