import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import anyTest, { type ExecutionContext } from 'ava';
import type { SourcePorts } from '../../../controller/source/source.ts';
import { poll, serveGit, sourceOf, TestRepository, temporaryDirectory } from './git-fixture.ts';
import { gitTest } from './git-test.ts';
import { realPrograms } from './real-programs.ts';

const engines: Readonly<Record<string, Partial<SourcePorts>>> = {
  'the library': {},
  'the git program': { programs: realPrograms },
};

type Habit = (request: IncomingMessage, response: ServerResponse, to: string) => void;

const sendOn =
  (status: number): Habit =>
  (_, response, to) =>
    response.writeHead(status, { location: to }).end();

/** A git server under its new name, and a host that answers for the old one. */
async function scene(t: ExecutionContext, habit: Habit, token?: string) {
  const directory = temporaryDirectory(t);
  const repository = await TestRepository.create(join(directory, 'fleet.git'));
  await repository.commit({ 'a.yaml': '1' });
  const server = await serveGit(t, directory, token);
  const seen: (string | undefined)[] = [];
  const host = createServer((request, response) => {
    seen.push(request.headers.authorization);
    habit(request, response, `${server.url}${request.url!.replace('/old', '/fleet.git')}`);
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  t.teardown(() => host.closeAllConnections());
  t.teardown(() => host.close());
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/old`;
  return { repository, server, url, seen, mirrorDirectory: join(directory, 'mirror') };
}

function test(title: string, body: (t: ExecutionContext, ports: Partial<SourcePorts>) => Promise<void>): void {
  for (const [engine, ports] of Object.entries(engines)) {
    gitTest(`${title}, by ${engine}`, (t) => body(t, ports));
  }
}

for (const status of [301, 302, 307, 308]) {
  test(`a renamed repository is followed through ${status}, for every request`, async (t, ports) => {
    const { repository, url, mirrorDirectory, seen } = await scene(t, sendOn(status));
    const source = sourceOf({ url, mirrorDirectory }, ports);
    const event = await poll(source);
    t.is(event.kind, 'tip', JSON.stringify(event));
    const first = event.kind === 'tip' ? event.revision.id : '';
    const asked = seen.length;
    const second = await repository.commit({ 'a.yaml': '2' });
    t.like(await poll(source, first), { kind: 'tip', history: 'advanced', revision: { id: second } });
    t.true(seen.length > asked, 'the old name is asked again: it may lead elsewhere now');
  });
}

test('a host that redirects reads and knows no other request is followed', async (t, ports) => {
  const { url, mirrorDirectory } = await scene(t, (request, response, to) =>
    request.method === 'GET' ? sendOn(301)(request, response, to) : response.writeHead(404).end(),
  );
  t.is((await poll(sourceOf({ url, mirrorDirectory }, ports))).kind, 'tip');
});

test('the token is not sent to another host, and the refusal says where it would be wanted', async (t, ports) => {
  const { server, url, mirrorDirectory, seen } = await scene(t, sendOn(307), 'secret');
  const tokens: (string | undefined)[] = [];
  server.interfere = () => {
    tokens.push('asked without the right token');
    return false;
  };
  const event = await poll(sourceOf({ url, mirrorDirectory, token: 'secret' }, ports));
  t.like(event, { kind: 'unreachable', code: 'NOT_AUTHORIZED' });
  t.regex('message' in event ? event.message : '', /sends on to .* is sent to no other host/);
  t.truthy(seen[0], 'the host that is configured gets it');
  t.deepEqual(tokens, [], 'the other one never saw it');
});

anyTest('redirects that go round, leave http, or come without an address end with a code', async (t) => {
  const habits: readonly (readonly [Habit, RegExp])[] = [
    [(request, response) => sendOn(302)(request, response, request.url!), /more than 8 times/],
    [(request, response) => sendOn(302)(request, response, 'file:///etc/passwd'), /only http and https/],
    [(_, response) => response.writeHead(302).end(), /./],
  ];
  for (const [habit, told] of habits) {
    const { url, mirrorDirectory } = await scene(t, habit);
    const event = await poll(sourceOf({ url, mirrorDirectory }));
    t.like(event, { kind: 'unreachable', code: 'BAD_ANSWER' });
    t.regex('message' in event ? event.message : '', told);
  }
});
