/** How an agent speaks with shadow services: ours, and such as know only what AWS documents. */
import test from 'ava';
import { absentShadow, type JsonObject, type Shadow } from '../../../controller/shadow/document.ts';
import { answerBriefly, applyRequest, type ShadowMessage } from '../../../controller/shadow/protocol.ts';
import { parseBriefReport, parseRequest } from '../../../controller/shadow/request.ts';
import { stranger } from '../../../device-agent/transport/acquaintance.ts';
import { ShadowTalk, type Surety } from '../../../device-agent/transport/shadow-talk.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { isBriefReport } from '../../../schemas/brief-report.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { type OrderMessage, orderMessage, readOrderMessage } from '../../../schemas/parcel-order.ts';
import { reportOf } from '../../controller/engine/test-engine.ts';

const prefix = '$aws/things/buoy/shadow/name/fleet/';

type Kind = 'ours' | 'aws';

/** One device and its shadow, whose service may change its kind; each session is told with all it said. */
function scene(first: Kind) {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const clock = time.clock({ alive: true });
  const service: { kind: Kind; isDeaf?: boolean; isFollowing?: boolean } = { kind: first };
  const acquaintance = stranger();
  const wanted: unknown[] = [];
  let shadow: Shadow = absentShadow;
  const answer = (name: 'get' | 'update', payload: Uint8Array): readonly ShadowMessage[] => {
    const isOurs = service.kind === 'ours';
    const isBrief = isOurs && isBriefReport(payload);
    const parsed = isBrief
      ? parseBriefReport(payload, shadow.state.reported)
      : parseRequest(payload, name === 'update');
    if (parsed.kind === 'rejected') {
      const body = { ...parsed.rejection, ...parsed.token };
      return [{ topic: `${prefix}${name}/rejected`, payload: new TextEncoder().encode(JSON.stringify(body)) }];
    }
    const { request } = parsed;
    if (isOurs && request.knows !== undefined) {
      return answerBriefly('buoy', shadow, request, service.isFollowing === true).messages;
    }
    const replaces = isOurs ? ({ replacesReported: true } as const) : {};
    const { next = shadow, messages } = applyRequest('buoy', shadow, name, { ...request, ...replaces }, clock.now());
    shadow = next;
    return messages;
  };
  const desire = (desired: { sequence: number }): void => {
    shadow = applyRequest('buoy', shadow, 'update', { desired }, clock.now()).next!;
  };
  /** As a backup would, or a machine with the same key. */
  const replace = (reported: Report): void => {
    const request = { reported: reported as unknown as JsonObject, replacesReported: true } as const;
    shadow = applyRequest('buoy', shadow, 'update', request, clock.now()).next!;
  };
  const connect = async () => {
    const said: { readonly name: string; readonly bytes: number; readonly surety: Surety }[] = [];
    const filters: string[] = [];
    const orders: OrderMessage[] = [];
    let doubts = 0;
    const talk = new ShadowTalk({
      ...{ device: 'buoy', clock, answerSecondsMax: 60, acquaintance },
      say: async (topic, payload, surety) => {
        const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
        const name = topic.slice(prefix.length) as 'get' | 'update';
        said.push({ name, bytes: bytes.length, surety });
        const ordered = name === 'get' ? readOrderMessage(bytes) : undefined;
        if (ordered !== undefined) orders.push(ordered);
        const messages = service.isDeaf || ordered !== undefined ? [] : answer(name, bytes);
        // Answers are there before the next turn, as over a quick link.
        for (const one of messages) talk.heard(one.topic, one.payload);
      },
      subscribe: async (filter) => {
        filters.push(filter.slice(prefix.length));
        return true;
      },
      onDoubt: () => {
        doubts += 1;
      },
      onDesired: (desired) => wanted.push(desired),
    });
    const refused = await talk.open();
    if (refused !== undefined) throw new Error(`${refused} was refused`);
    const fetched = talk.fetchDesired();
    if (!service.isDeaf) await fetched;
    const fill = (message: OrderMessage): boolean => talk.heard(`${prefix}get/accepted`, orderMessage(message));
    return { talk, said, filters, orders, fill, doubts: () => doubts };
  };
  return { time, service, desire, replace, connect, wanted, reported: () => shadow.state.reported };
}

test('a service as AWS has it hears whole reports, for which nothing is subscribed to again', async (t) => {
  const { connect, desire, wanted, reported } = scene('aws');
  desire({ sequence: 1 });
  const { talk, said, filters } = await connect();
  t.deepEqual(wanted, [{ sequence: 1 }]);
  const problem = { code: 'DISK_FULL', message: 'no space', at: reportOf(1).at };
  t.is(await talk.report(reportOf(1, { problem })), 'accepted');
  t.is(await talk.report(reportOf(2)), 'accepted');
  t.deepEqual(reported(), reportOf(2) as never, 'also where it says less');
  t.deepEqual(filters, ['update/delta', 'get/+', 'update/accepted', 'update/rejected']);
  t.true(said.every(({ surety }) => surety === 'with-receipt'));
});

test('ours hears in a few bytes what changed, and does not repeat in the next session what is known', async (t) => {
  const { connect, desire, wanted, reported, service } = scene('ours');
  service.isFollowing = true;
  desire({ sequence: 1 });
  const first = await connect();
  t.is(await first.talk.report(reportOf(1)), 'accepted');
  first.talk.close();
  const second = await connect();
  t.is(await second.talk.report(reportOf(2)), 'accepted');
  t.is(await second.talk.report(reportOf(3)), 'accepted');
  t.deepEqual(reported(), reportOf(3) as never);
  t.deepEqual(second.filters, ['#']);
  t.deepEqual(wanted, [{ sequence: 1 }, { sequence: 1 }], 'the agent looks at it again, as after each connect');
  const bytes = second.said.map((one) => one.bytes);
  t.true(bytes[1]! < 80 && bytes[2]! < 30, `${bytes}`);
  t.true(second.said.every(({ surety }) => surety === 'by-answer'));
  desire({ sequence: 2 });
  await connect();
  t.deepEqual(wanted.at(-1), { sequence: 2 });
});

test('a shore that knows another report than this agent said last hears the next one whole', async (t) => {
  const { connect, replace, reported } = scene('ours');
  const { talk, said } = await connect();
  t.is(await talk.report(reportOf(1)), 'accepted');
  replace(reportOf(9));
  t.is(await talk.report(reportOf(2)), 'accepted');
  t.deepEqual(reported(), reportOf(2) as never);
  t.is(said.filter(({ name }) => name === 'update').length, 3);
});

test('a service that does not read brief reports any more hears whole ones', async (t) => {
  const { connect, desire, service, reported } = scene('ours');
  desire({ sequence: 1 });
  await connect();
  service.kind = 'aws';
  const { talk, filters } = await connect();
  t.is(await talk.report(reportOf(1)), 'accepted');
  t.deepEqual(reported(), reportOf(1) as never);
  t.deepEqual(filters, ['#'], 'which hears all answers');
});

test('what was said without a receipt and is not answered is a reason to look whether the session lives', async (t) => {
  const { connect, service, time } = scene('ours');
  service.isFollowing = true;
  const { talk, doubts } = await connect();
  service.isDeaf = true;
  const answer = talk.report(reportOf(1));
  await time.runUntil(time.now + 10_000);
  t.is(await answer, 'offline');
  t.is(doubts(), 1);
});

test('a report waits until it is known how the service is spoken with, and goes out whole where nobody says', async (t) => {
  const { connect, service, time } = scene('aws');
  service.isDeaf = true;
  const { talk, said } = await connect();
  const answer = talk.report(reportOf(1));
  await time.runUntil(time.now + 9_000);
  t.deepEqual(
    said.map(({ name }) => name),
    ['get'],
  );
  await time.runUntil(time.now + 1_000);
  t.is(await answer, 'offline');
  talk.close();
});

test('a parcel is ordered of who says that it fills them, and an answer is for its order alone', async (t) => {
  const { connect, service } = scene('aws');
  const aws = await connect();
  t.is(await aws.talk.orderParcel(Buffer.from('order')), undefined);
  t.is(aws.orders.length, 0);
  service.kind = 'ours';
  const { talk, orders, fill } = await connect();
  const both = [talk.orderParcel(Buffer.from('first')), talk.orderParcel(Buffer.from('second'))];
  const [first, second] = orders;
  fill({ token: first!.token - 1, body: Buffer.from("another session's") });
  fill({ token: second!.token, body: Buffer.from('parcel') });
  fill({ token: first!.token, body: Buffer.alloc(0) });
  t.deepEqual(await Promise.all(both), [undefined, Uint8Array.from(Buffer.from('parcel'))], 'empty: not this way');
});

test('whoever does not answer an order in time gets no other one in this session', async (t) => {
  const { connect, service, time } = scene('ours');
  service.isFollowing = true;
  const { talk, orders, fill, doubts } = await connect();
  const ordered = talk.orderParcel(Buffer.from('order'));
  await time.runUntil(time.now + 30_000);
  t.is(await ordered, undefined);
  t.is(doubts(), 1);
  t.is(await talk.orderParcel(Buffer.from('order')), undefined);
  t.is(orders.length, 1);
  t.true(fill(orders[0]!), 'what comes late is of no use');
  const next = await connect();
  const again = next.talk.orderParcel(Buffer.from('order'));
  t.is(next.orders.length, 1);
  next.talk.close();
  t.is(await again, undefined);
});
