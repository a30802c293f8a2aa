import test from 'ava';
import { cgiEnvironment, cgiResponse } from '../../../../device-agent/runtime/http/cgi.ts';
import { meet } from '../../../../device-agent/runtime/http/route-table.ts';

const printed = (text: string) => cgiResponse(Buffer.from(text, 'latin1'));

test('what a program prints is a response when a header with type, status or location stands before an empty line', (t) => {
  const body = Buffer.from('hi\n').toString('base64');
  t.deepEqual(printed('Content-Type: text/plain\n\nhi\n'), {
    ...{ kind: 'response', status: 200, body },
    headers: [['content-type', 'text/plain']],
  });
  t.like(printed('Status: 404 Not Found\r\n\r\n'), { status: 404, headers: [], body: '' });
  t.like(printed('Location: /elsewhere\n\n'), { status: 302, headers: [['location', '/elsewhere']] });
  for (const text of ['', 'hi\n', '\nhi', 'X-Only: a\n\n', 'Content-Type: a', 'Status: 99\n\n', 'Status: 700 No\n\n']) {
    t.is(printed(text), undefined, text);
  }
});

test('a header that could split the response or steer the connection does not get through', (t) => {
  t.is(printed('Content-Type: a\rSet-Cookie: b\n\n'), undefined);
  t.is(printed('Content-Type: a\nBad Name: b\n\n'), undefined);
  t.is(printed(`Content-Type: a\n${'x: y\n'.repeat(100)}\n`), undefined);
  t.is(printed(`Content-Type: ${'a'.repeat(20_000)}\n\n`), undefined);
  const ofConnection = [
    'Content-Length: 9',
    'Transfer-Encoding: chunked',
    'Connection: close',
    'Trailer: x',
    'Upgrade: y',
  ];
  const headers = printed(`Content-Type: a\n${ofConnection.join('\n')}\n\n`);
  t.deepEqual(headers, { kind: 'response', status: 200, headers: [['content-type', 'a']], body: '' });
});

test('a program never finds the proxy that a client names in its environment', (t) => {
  const environment = cgiEnvironment({
    ...{ method: 'GET', route: '/', pathInfo: '/a', query: '', address: '::1', serverName: 'here', serverPort: 80 },
    headers: { proxy: 'http://evil', 'x-a': 'b', 'content-type': 'text/plain' },
    body: '',
  });
  t.false('HTTP_PROXY' in environment);
  t.like(environment, { HTTP_X_A: 'b', CONTENT_TYPE: 'text/plain', SCRIPT_NAME: '', PATH_INFO: '/a' });
  t.false('CONTENT_LENGTH' in environment);
});

test('a path leads to the longest route that it is or lies below', (t) => {
  const routes = ['/api', '/api/speed', '/b'].map((route) => ({ route, application: route }));
  t.like(meet(routes, '/api/speed/now'), { route: '/api/speed', pathInfo: '/now' });
  t.like(meet(routes, '/api/speedy'), { route: '/api', pathInfo: '/speedy' });
  t.is(meet(routes, '/apis'), undefined);
  t.like(meet([{ route: '/', application: 'all' }], '/x y'), { pathInfo: '/x y' });
});
