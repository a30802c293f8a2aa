import test from 'ava';
import { flag, type Packet, protocol } from './packet.ts';
import { type Meddle, meddleOf, type Trouble } from './trouble.ts';

const device = '10.77.0.2:40000';
const ends = { controller: '10.77.0.1:7443', mqtt: '10.77.0.1:8883', names: '10.77.0.1:53' };
const surroundings = { ends, portal: '10.77.0.1:9000', sinceMs: 1_000 };

function meddler(trouble: Trouble): Meddle {
  return meddleOf(trouble, surroundings);
}

/** As much of a packet as meddling looks at; what is changed of its ends is seen in it. */
function packetOf(source: string, destination: string, flags: number = flag.ack) {
  const packet = {
    ...{ source, destination, flags, protocol: protocol.tcp, bytes: 100 },
    setSource: (end: string) => {
      packet.source = end;
    },
    setDestination: (end: string) => {
      packet.destination = end;
    },
  };
  return packet as typeof packet & Packet;
}

const up = (to: string, flags?: number) => packetOf(device, to, flags);
const down = (from: string) => packetOf(from, device);

for (const kind of ['half-open', 'moved'] as const) {
  test(`a connection from before is dead on a link that is ${kind}, and a new one lives`, (t) => {
    const meddle = meddler({ kind });
    t.is(meddle('up', up(ends.mqtt), 1_000), 'lost');
    t.is(meddle('down', down(ends.mqtt), 1_000), 'lost');
    t.is(meddle('up', up(ends.mqtt, flag.syn), 1_000), 'pass');
    t.is(meddle('down', down(ends.mqtt), 1_000), 'pass');
    t.is(meddle('down', down(ends.controller), 1_000), 'lost');
  });
}

test('a deaf device is heard, and hears again when its time is over', (t) => {
  const meddle = meddler({ kind: 'deaf', forMs: 500 });
  t.is(meddle('up', up(ends.mqtt), 1_499), 'pass');
  t.is(meddle('down', down(ends.mqtt), 1_499), 'lost');
  t.is(meddle('down', down(ends.mqtt), 1_500), 'pass');
});

test('a closed service is closed both ways, the others are not', (t) => {
  const meddle = meddler({ kind: 'closed', service: 'controller', forMs: 500 });
  t.is(meddle('up', up(ends.controller, flag.syn), 1_499), 'lost');
  t.is(meddle('down', down(ends.controller), 1_499), 'lost');
  t.is(meddle('up', up(ends.mqtt), 1_499), 'pass');
  t.is(meddle('up', up(ends.controller), 1_500), 'pass');
});

test('who says nothing for too long is somebody else to those outside, and is not found', (t) => {
  const meddle = meddler({ kind: 'forgetful', idleMs: 500 });
  const seenAs = (nowMs: number): string => {
    const packet = up(ends.mqtt);
    meddle('up', packet, nowMs);
    return packet.source;
  };
  const answer = (to: string, nowMs: number) => {
    const packet = packetOf(ends.mqtt, to);
    return [meddle('down', packet, nowMs), packet.destination];
  };
  const first = seenAs(1_000);
  t.deepEqual(answer(first, 1_400), ['pass', device]);
  t.is(seenAs(1_800), first, 'an answer counts too');
  t.is(answer(first, 2_300)[0], 'lost');
  const second = seenAs(2_400);
  t.not(second, first);
  t.is(answer(first, 2_500)[0], 'lost');
  t.deepEqual(answer(second, 2_500), ['pass', device]);
});

test('a portal answers in the name of whom it covers those that begin in its time, and them for good', (t) => {
  const meddle = meddler({ kind: 'portal', shows: 'page', services: ['controller'], forMs: 500 });
  t.is(meddle('up', up(ends.controller), 1_100), 'lost', 'from before');
  const begun = up(ends.controller, flag.syn);
  t.is(meddle('up', begun, 1_200), 'pass');
  t.is(begun.destination, surroundings.portal);
  const answer = down(surroundings.portal);
  t.is(meddle('down', answer, 1_900), 'pass');
  t.is(answer.source, ends.controller);
  const later = up(ends.controller, flag.syn);
  t.is(meddle('up', later, 1_900), 'pass');
  t.is(later.destination, ends.controller);
  const other = up(ends.mqtt, flag.syn);
  t.is(meddle('up', other, 1_100), 'pass');
  t.is(other.destination, ends.mqtt);
});
