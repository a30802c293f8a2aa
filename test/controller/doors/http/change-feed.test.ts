import test from 'ava';
import { type Caller, installation } from '../../../../controller/access/caller.ts';
import { changeFeeds, readersMax } from '../../../../controller/doors/http/change-feed.ts';
import { lookAnswer } from '../../../../controller/doors/http/view-routes.ts';
import type { Row } from '../../../../controller/view/row.ts';
import type { StatusInputs } from '../../../../controller/view/status.ts';
import type { Change } from '../../../../controller/view/view.ts';
import { SimTime } from '../../../../platform/simulated/clock.ts';

const firstId = 1_000;

/** Feeds over changes that are told by hand, numbered from 1,001 on. */
function stage() {
  const time = new SimTime(0);
  const told: Change[] = [];
  const listeners = new Set<(change: Change) => void>();
  const feeds = changeFeeds({
    clock: time.clock({ alive: true }),
    changes: {
      get changeId() {
        return firstId + told.length;
      },
      changesSince: (id) => (id < firstId || id > firstId + told.length ? undefined : told.slice(id - firstId)),
      listen: (listener) => {
        listeners.add(listener);
        return { [Symbol.dispose]: () => void listeners.delete(listener) };
      },
      row: (device) => (device === 'x' ? undefined : ({ fleet: device } as Row)),
    },
  });
  const tell = (device: string) => {
    const change: Change = { id: firstId + told.length + 1, device, state: 'running' };
    told.push(change);
    for (const listener of listeners) listener(change);
  };
  const open = (lastId?: string, caller: Caller = installation) => {
    const leaving = new AbortController();
    const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
    const { status, body } = feeds({ method: 'GET', url: '/api/v1/changes', headers }, caller, leaving.signal);
    const chunks = body[Symbol.asyncIterator]();
    const read = async () => {
      const { done, value } = await chunks.next();
      return done ? undefined : new TextDecoder().decode(value);
    };
    return { status, read, leave: () => leaving.abort() };
  };
  return { time, tell, open, feeds, listeners };
}

const event = (id: number, device: string) => `id: ${id}\ndata: {"device":"${device}","state":"running"}\n\n`;

test('who left before the feed began takes no place', async (t) => {
  const { open, feeds } = stage();
  for (let reader = 0; reader < readersMax; reader += 1)
    feeds({ method: 'GET', url: '/api/v1/changes', headers: {} }, installation, AbortSignal.abort());
  t.is(open().status, 200);
});

test('a reader is told every change once, and that the feed is there while nothing changes', async (t) => {
  const { time, tell, open } = stage();
  const { read } = open();
  t.is(await read(), ': hello\n\n');
  tell('a');
  tell('b');
  t.is(await read(), event(1_001, 'a') + event(1_002, 'b'));
  const quiet = read();
  await time.runUntil(15_000);
  t.is(await quiet, ': still here\n\n');
  const next = read();
  tell('c');
  t.is(await next, event(1_003, 'c'));
});

test('who comes back is told what was missed, or to ask for everything anew', async (t) => {
  const { tell, open } = stage();
  for (const device of ['a', 'b', 'c']) tell(device);
  t.is(await open('1001').read(), `: hello\n\n${event(1_002, 'b')}${event(1_003, 'c')}`);
  t.is(await open('1003').read(), ': hello\n\n');
  for (const ofAnotherLife of ['0', '999', '1004', '9999999999999999'])
    t.is(await open(ofAnotherLife).read(), 'id: 1003\nevent: reset\ndata: {}\n\n', ofAnotherLife);
  for (const nonsense of ['', '-1', '1e3', '1002.5', 'x']) t.is(await open(nonsense).read(), ': hello\n\n', nonsense);
});

test('one that does not read is cut off once too much waits for it; nothing more is kept', async (t) => {
  const { tell, open, listeners } = stage();
  const slow = open();
  await slow.read();
  for (let n = 0; n < 10_000; n += 1) tell('a');
  t.is((await slow.read())?.split('id: ').length, 10_001, 'so many are no fault yet');
  for (let n = 0; n <= 10_000; n += 1) tell('a');
  t.is(await slow.read(), undefined);
  t.is(listeners.size, 0);
});

test('so many readers and no more are let in, and who leaves gives up the place', async (t) => {
  const { open, listeners } = stage();
  const readers = Array.from({ length: readersMax }, () => open());
  for (const { read } of readers) await read();
  t.is(open().status, 503);
  // Also one that left before it was told anything.
  const [first] = readers;
  const last = first?.read();
  first?.leave();
  await last;
  t.is(await first?.read(), undefined);
  t.is(listeners.size, readersMax - 1);
  const second = open();
  t.is(second.status, 200);
  second.leave();
  t.is(open().status, 200);
});

test('who is limited to fleets is told of these, and that something is otherwise where it is about no device', async (t) => {
  const { tell, open } = stage();
  const caller: Caller = { name: 'ada', kind: 'token', scope: 'view', fleets: ['a', 'x'] };
  const { read } = open(undefined, caller);
  await read();
  for (const device of ['b', 'a', 'x']) tell(device);
  t.is(await read(), event(1_002, 'a'), 'of who is gone nobody knows whose it was');
  t.is(await open('1000', caller).read(), `: hello\n\n${event(1_002, 'a')}`);
});

test('what changed while it was told is no longer what was asked for last', async (t) => {
  let changeId = 7;
  let isChanging = true;
  const parts = {
    changes: {
      get changeId() {
        return changeId;
      },
    },
    inView: async <T>(look: (inputs: StatusInputs) => T | Promise<T>) => {
      if (isChanging) changeId += 1;
      return look({ source: {} } as StatusInputs);
    },
  };
  const ask = (etag?: string) => {
    const request = { method: 'GET', url: '/', headers: etag === undefined ? {} : { 'if-none-match': etag } } as const;
    const beside = { peer: { address: '' }, signal: new AbortController().signal, params: {} };
    return lookAnswer(parts, 'getRevisions', { request, caller: installation, ...beside });
  };
  const { etag } = (await ask()).headers;
  isChanging = false;
  const again = await ask(etag);
  t.is(again.status, 200);
  t.is((await ask(again.headers.etag)).status, 304);
});
