/** Finding neighbours by multicast DNS: what is said, who is believed, and that nobody makes more of it than a little. */
import test from 'ava';
import fc from 'fast-check';
import { Announcer } from '../../../device-agent/neighbours/mdns/announcer.ts';
import { messageBytesMax, recordType } from '../../../device-agent/neighbours/mdns/dns-message.ts';
import { isBeside, isOwnNetwork, mdnsGroup, placesOn } from '../../../device-agent/neighbours/mdns/own-networks.ts';
import { readMessage } from '../../../device-agent/neighbours/mdns/read-message.ts';
import { searchNeighbours } from '../../../device-agent/neighbours/mdns/search.ts';
import { announcementOf, answerTo, doorsIn, questionForDoors } from '../../../device-agent/neighbours/mdns/service.ts';
import { writeMessage } from '../../../device-agent/neighbours/mdns/write-message.ts';
import type { LanPlace } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { SimGroup } from './sim-group.ts';

const anna = { device: 'anna', address: '192.168.7.11', port: 7450 };
const service = ['_fleet-agent', '_tcp', 'local'];
const signal = new AbortController().signal;

function at(address: string): LanPlace {
  return { interface: 'eth0', address, netmask: '255.255.255.0' };
}

/** A network with one time, and what is logged there. */
class Wire {
  readonly group = new SimGroup();
  readonly time = new SimTime(0);
  readonly clock = this.time.clock({ alive: true });
  readonly logged: string[] = [];

  announce(device: string, places: readonly LanPlace[] | (() => readonly LanPlace[]), host = '0.0.0.0'): Announcer {
    const announcer = new Announcer({
      ...{ lan: this.group.lanOf(places), clock: this.clock, random: new SimRandom(1), device, host, port: 7450 },
      log: { write: (_level, event, fields) => this.logged.push(`${event} ${JSON.stringify(fields)}`) },
      interfaces: ['eth*'],
    });
    announcer.start();
    return announcer;
  }

  async search(device: string, places: readonly LanPlace[], seed = 1): Promise<readonly string[]> {
    const lan = this.group.lanOf(places);
    const found = searchNeighbours(
      { lan, clock: this.clock, random: new SimRandom(seed), device, interfaces: ['eth0'] },
      signal,
    );
    await this.time.runUntil(this.time.now + 2_000);
    return found;
  }

  /** Messages that were sent from an address. */
  from(address: string): readonly Uint8Array[] {
    return this.group.sent.filter(({ from }) => from.address === address).map(({ bytes }) => bytes);
  }
}

test('who asks finds the doors of its network, each by the address that answers, and not its own', async (t) => {
  const wire = new Wire();
  for (const [device, address] of [
    ['anna', '192.168.7.11'],
    ['bella', '192.168.7.12'],
    ['carl', '192.168.7.13'],
  ] as const)
    wire.announce(device, [at(address)]);
  const found = await wire.search('bella', [at('192.168.7.12')]);
  t.deepEqual(found.toSorted(), ['192.168.7.11:7450', '192.168.7.13:7450']);
  t.deepEqual(
    await wire.search('dora', [{ ...at('192.168.7.14'), interface: 'wwan0' }]),
    [],
    'an interface that nobody named',
  );
});

test('a device says once where it is, and then nothing until somebody asks', async (t) => {
  const wire = new Wire();
  wire.announce('anna', [at('192.168.7.11')]);
  await wire.time.runUntil(24 * 3_600_000);
  t.is(wire.from('192.168.7.11').length, 2);
  await wire.search('bella', [at('192.168.7.12')]);
  t.deepEqual(
    [wire.from('192.168.7.11').length, wire.from('192.168.7.12').length],
    [4, 2],
    'two questions, two answers',
  );
});

test('an answer counts only from the network itself, and for the question that was asked', async (t) => {
  const wire = new Wire();
  const places = [at('192.168.7.12')];
  const answer = (id: number, from: string) => {
    const question = readMessage(questionForDoors(id))!;
    return answerTo(question, { ...anna, address: from }, { kind: 'legacy', id })!;
  };
  const lan = wire.group.lanOf(places);
  const open: typeof lan.open = async (place, onDatagram) => {
    const socket = await lan.open(place, onDatagram);
    return {
      send: (bytes, to) => {
        socket.send(bytes, to);
        const { id } = readMessage(bytes)!;
        for (const address of ['203.0.113.9', '192.168.8.11', '10.0.0.1', '127.0.0.1', 'fe80::1'])
          onDatagram(answer(id, address), { address, port: mdnsGroup.port });
        onDatagram(answer((id + 1) % 65_536, '192.168.7.20'), { address: '192.168.7.20', port: mdnsGroup.port });
        onDatagram(answer(id, '203.0.113.9'), { address: '192.168.7.21', port: mdnsGroup.port });
      },
      [Symbol.dispose]: () => socket[Symbol.dispose](),
    };
  };
  const options = { clock: wire.clock, random: new SimRandom(1), device: 'bella', interfaces: ['*'] };
  const found = searchNeighbours({ ...options, lan: { ...lan, open } }, signal);
  await wire.time.runUntil(2_000);
  t.deepEqual(await found, ['192.168.7.21:7450'], 'whatever address it says');
});

test('of however many that answer sixteen are asked, and who answers first has no better chance', async (t) => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 6; seed++) {
    const wire = new Wire();
    for (let last = 20; last < 60; last++) wire.announce(`d${last}`, [at(`192.168.7.${last}`)]);
    await wire.time.runUntil(1);
    const found = await wire.search('bella', [at('192.168.7.12')], seed);
    t.is(found.length, 16);
    for (const one of found) seen.add(one);
  }
  t.true(seen.size > 30, `${seen.size}`);
});

test('one that makes noise while somebody asks keeps nobody else from being heard', async (t) => {
  const wire = new Wire();
  wire.announce('anna', [at('192.168.7.11')]);
  const places = [at('192.168.7.12')];
  const lan = wire.group.lanOf(places);
  const open: typeof lan.open = async (place, onDatagram) => {
    for (let times = 0; times < 1_000; times++)
      onDatagram(Uint8Array.of(1), { address: '192.168.7.66', port: mdnsGroup.port });
    return lan.open(place, onDatagram);
  };
  const options = { clock: wire.clock, random: new SimRandom(1), device: 'bella', interfaces: ['eth0'] };
  const found = searchNeighbours({ ...options, lan: { ...lan, open } }, signal);
  await wire.time.runUntil(2_000);
  t.deepEqual(await found, ['192.168.7.11:7450']);
});

test('who asks without end is answered a few times a second, and one that asks for all to hear once', async (t) => {
  const wire = new Wire();
  wire.announce('anna', [at('192.168.7.11')]);
  await wire.time.runUntil(5_000);
  const before = wire.from('192.168.7.11').length;
  const question = questionForDoors(7);
  for (let times = 0; times < 2_000; times++) {
    wire.group.send({ address: '192.168.7.66', port: times % 2 === 0 ? 5353 : 9_999 }, mdnsGroup, question);
    await wire.time.runUntil(wire.time.now + 10);
  }
  const answers = wire.group.sent.filter(({ from }) => from.address === '192.168.7.11').slice(before);
  const toAll = answers.filter(({ to }) => to.port === 5353);
  t.true(toAll.length <= 21, `${toAll.length}`);
  t.true(answers.length - toAll.length <= 32 + 81, `${answers.length}`);
  wire.group.send({ address: '203.0.113.9', port: 9_999 }, mdnsGroup, question);
  await wire.time.runUntil(wire.time.now + 60_000);
  t.false(
    wire.group.sent.some(({ to }) => to.address === '203.0.113.9'),
    'nobody from elsewhere is answered',
  );
});

test('a network that comes later is told, one that went is left, and what keeps a device from it is said once', async (t) => {
  const wire = new Wire();
  let places: readonly LanPlace[] = [];
  const announcer = wire.announce('anna', () => places);
  await wire.time.runUntil(150_000);
  t.deepEqual(wire.logged, [
    'neighbours.unannounced {"why":"no network of eth* has 0.0.0.0 as an address of its own"}',
  ]);
  places = [at('192.168.7.11')];
  await wire.time.runUntil(250_000);
  t.is(wire.from('192.168.7.11').length, 2);
  t.is(wire.logged.at(-1), 'neighbours.announced {"networks":"eth0 192.168.7.11 255.255.255.0"}');
  places = [at('192.168.7.15')];
  await wire.time.runUntil(350_000);
  t.deepEqual(await wire.search('bella', [at('192.168.7.12')]), ['192.168.7.15:7450']);
  announcer[Symbol.dispose]();
  t.deepEqual(await wire.search('bella', [at('192.168.7.12')]), []);
});

test('a network that went and came back between two looks is one where a device is found again', async (t) => {
  const wire = new Wire();
  wire.announce('anna', [at('192.168.7.11')]);
  await wire.time.runUntil(30_000);
  wire.group.forget('192.168.7.11');
  t.deepEqual(await wire.search('bella', [at('192.168.7.12')]), []);
  await wire.time.runUntil(61_000);
  t.deepEqual(await wire.search('bella', [at('192.168.7.12')]), ['192.168.7.11:7450']);
});

test('a door that listens at one address is told on the network of that alone', async (t) => {
  const wire = new Wire();
  wire.announce('anna', [at('192.168.7.11'), at('10.0.0.11')], '10.0.0.11');
  await wire.time.runUntil(5_000);
  t.deepEqual([wire.from('192.168.7.11').length, wire.from('10.0.0.11').length], [0, 2]);
});

test('a program of DNS-SD that asks from its port is answered by the rules: to all, alone where it wants that, and not when it knows', (t) => {
  const ask = (change: object, records: readonly object[] = []) => {
    const questions = [{ name: service, type: recordType.ptr, isUnicast: false, ...change }];
    return { ...readMessage(questionForDoors(0))!, questions, records } as NonNullable<ReturnType<typeof readMessage>>;
  };
  const answered = (asked: ReturnType<typeof ask>) => answerTo(asked, anna, { kind: 'all' });
  t.deepEqual(answered(ask({})), answered(ask({ name: ['_FLEET-Agent', '_TCP', 'LOCAL'] })));
  t.is(answered(ask({ name: ['_ipp', '_tcp', 'local'] })), undefined);
  t.is(answered(ask({ type: recordType.txt })), undefined);
  t.is(answered({ ...ask({}), isAnswer: true }), undefined);
  const known = { name: service, type: recordType.ptr, data: new Uint8Array(), target: ['anna', ...service] };
  t.is(answered(ask({}, [{ ...known, ttlSeconds: 100 }])), undefined);
  t.not(answered(ask({}, [{ ...known, ttlSeconds: 20 }])), undefined);
  t.not(answered(ask({}, [{ ...known, ttlSeconds: 100, target: ['bella', ...service] }])), undefined);
  const { records } = readMessage(answered(ask({ name: ['anna', ...service], type: recordType.srv }))!)!;
  t.is(records[0]?.type, recordType.srv);
});

test('what is announced stands byte for byte as RFC 1035 and RFC 6762 have it', (t) => {
  const bytes = Buffer.from(announcementOf({ device: 'a', address: '10.0.0.7', port: 7450 }));
  const [door, host] = ['0c5f666c6565742d6167656e74045f746370056c6f63616c00', '0b666c6565742d6167656e74056c6f63616c00'];
  const header = '000084000000000400000000';
  const pointer = `${door}000c000100000078001b0161${door}`;
  const place = `0161${door}0021800100000078001b000000001d1a0161${host}`;
  const nothing = `0161${door}0010800100000078000100`;
  const address = `0161${host}000180010000007800040a000007`;
  t.is(bytes.toString('hex'), [header, pointer, place, nothing, address].join(''));
});

test('names that point in circles, beyond the end or to themselves are none, and neither are endless ones', (t) => {
  const header = [0, 0, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const rest = [0, 1, 0, 1];
  for (const [what, name] of [
    ['to itself', [0xc0, 12]],
    ['behind', [0xc0, 14, 0]],
    ['in a circle', [1, 97, 0xc0, 12]],
    ['beyond the end', [0xff, 0xff]],
    ['a label of 64', [0x40, ...Array(64).fill(97), 0]],
    ['a name of 256', [...Array.from({ length: 4 }, () => [63, ...Array(63).fill(97)]).flat(), 0]],
    ['no end', [5, 97]],
  ] as const)
    t.is(readMessage(Uint8Array.from([...header, ...name, ...rest])), undefined, what);
  t.is(readMessage(Uint8Array.from([...header.slice(0, 4), 0, 49, ...header.slice(6)])), undefined, 'too many');
  t.is(readMessage(new Uint8Array(messageBytesMax + 1)), undefined);
  const chain = Array.from({ length: 600 }, (_, link) =>
    link === 0 ? [0, 0] : [0xc0 | ((10 + 2 * link) >> 8), (10 + 2 * link) & 0xff],
  ).flat();
  t.notThrows(() => readMessage(Uint8Array.from([...header, ...chain, ...rest])));
});

test('whatever bytes come, reading them ends, and nothing of ours throws', (t) => {
  const genuine = answerTo(readMessage(questionForDoors(7))!, anna, { kind: 'legacy', id: 7 })!;
  t.deepEqual(doorsIn(readMessage(genuine)!, 7), [{ device: 'anna', port: 7450 }]);
  const bent = fc.array(fc.tuple(fc.nat(genuine.length - 1), fc.nat(255)), { maxLength: 8 }).map((changes) => {
    const bytes = Uint8Array.from(genuine);
    for (const [place, byte] of changes) bytes[place] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(bent, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const message = readMessage(bytes);
      if (message === undefined) return;
      for (const { device, port } of doorsIn(message, 7)) {
        t.regex(device, /^[a-z0-9-]{1,63}$/);
        t.true(port > 0 && port < 65_536);
      }
      answerTo(message, anna, { kind: 'legacy', id: message.id });
    }),
    { numRuns: 2_000 },
  );
});

test('what is written is read as it was meant', (t) => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,63}$/);
  const name = fc.array(label, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(name, name, fc.nat(65_535), fc.nat(65_535), (one, other, id, port) => {
      const answers = [
        { name: one, data: { kind: 'ptr', to: other } },
        { name: other, data: { kind: 'srv', port, host: one } },
      ] as const;
      const bytes = writeMessage({ id, questions: [], answers, additional: [], ttlSeconds: 9, isFlushing: true });
      const read = readMessage(bytes)!;
      t.like(read, { id, isAnswer: true });
      t.like(read.records[0], { name: one, target: other, ttlSeconds: 9 });
      t.deepEqual([read.records[1]!.name, Buffer.from(read.records[1]!.data).readUInt16BE(4)], [other, port]);
    }),
    { numRuns: 200 },
  );
});

test('only networks of an owner are looked at, and only who is on the very same is beside', (t) => {
  for (const own of ['10.1.2.3', '172.16.0.1', '172.31.9.9', '192.168.0.1', '169.254.3.4', '127.0.0.1'])
    t.true(isOwnNetwork(own), own);
  for (const other of [
    '8.8.8.8',
    '172.32.0.1',
    '192.169.0.1',
    '100.64.0.1',
    '11.0.0.1',
    '::1',
    '10.0.0',
    '10.0.0.256',
    '',
  ])
    t.false(isOwnNetwork(other), other);
  t.true(isBeside(at('192.168.7.11'), '192.168.7.200'));
  t.false(isBeside(at('192.168.7.11'), '192.168.8.1'));
  t.false(isBeside({ ...at('192.168.7.11'), netmask: '0.0.0.0' }, '8.8.8.8'));
  const places = [at('192.168.7.11'), at('203.0.113.5'), { ...at('10.0.0.5'), interface: 'wwan0' }];
  t.deepEqual(placesOn(places, ['eth*']), [places[0]!]);
  t.deepEqual(placesOn(places, ['*']), [places[0]!, places[2]!]);
  t.deepEqual(placesOn(places, []), []);
  const many = Array.from({ length: 40 }, (_, index) => at(`192.168.${index}.1`));
  t.is(placesOn(many, ['*']).length, 8);
});
