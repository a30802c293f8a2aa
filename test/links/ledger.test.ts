import test from 'ava';
import { Ledger } from './ledger.ts';
import { flag, Packet } from './packet.ts';

const hello = Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0]);

/** A segment of TCP in a frame, from the device unless it is said. */
function segment(sequence: number, payload: Buffer, flags = 0): Buffer {
  const frame = Buffer.alloc(22 + 40 + payload.length);
  frame.writeUInt16BE(0x0800, 20);
  frame.set([0x45, 0, 0, 40 + payload.length, 0, 0, 0, 0, 64, 6, 0, 0, 10, 77, 0, 2, 10, 77, 0, 1], 22);
  frame.set([0x9c, 0x40, 0x1d, 0x13], 42);
  frame.writeUInt32BE(sequence, 46);
  frame.set([5 << 4, flags], 54);
  frame.set(payload, 62);
  return frame;
}

test('a packet is read, sealed as the kernel expects it, and told by its ends', (t) => {
  const frame = segment(7, Buffer.from('abc'));
  const packet = Packet.in(frame)!;
  t.deepEqual([packet.bytes, packet.source, packet.destination], [43, '10.77.0.2:40000', '10.77.0.1:7443']);
  t.is(packet.payload.toString(), 'abc');
  packet.setDestination('10.77.0.1:9000');
  packet.seal();
  // Over a whole header, its checksum in it, the sum is nothing (RFC 1071).
  const words = Array.from({ length: 10 }, (_, at) => frame.readUInt16BE(22 + 2 * at));
  t.is(words.reduce((sum, word) => sum + word) % 0xffff, 0);
  t.is(Packet.in(frame)!.destination, '10.77.0.1:9000');
});

test('what is no whole packet of TCP or UDP is none', (t) => {
  const frame = segment(7, Buffer.from('abc'));
  t.is(Packet.in(frame.subarray(0, frame.length - 1)), undefined);
  t.is(Packet.in(frame.subarray(0, 30)), undefined);
  frame.writeUInt16BE(0x0806, 20);
  t.is(Packet.in(frame), undefined);
});

test('what is sent again is counted as that, also where numbers wrap, and a hello once', (t) => {
  const ledger = new Ledger();
  const note = (sequence: number, payload: Buffer, flags = 0) =>
    ledger.note('up', Packet.in(segment(sequence, payload, flags))!, 'a flow', 'pass');
  note(0xfffffffb, Buffer.alloc(0), flag.syn);
  note(0xfffffffc, hello);
  note(0xfffffffc, hello);
  note(5, Buffer.alloc(10));
  note(10, Buffer.alloc(10));
  t.like(ledger.sent, {
    handshakes: 1,
    packets: 5,
    payloadBytes: 38,
    resentBytes: 9 + 5,
    upBytes: 5 * 40 + 38,
    downBytes: 0,
    ...{ carriageBytes: 5 * 40, strayBytes: 0 },
  });
});

test('what comes to nobody is told as that alone, and what comes in its place is not sent again', (t) => {
  const ledger = new Ledger();
  const packet = Packet.in(segment(7, hello))!;
  ledger.note('up', packet, 'a flow', 'lost');
  t.like(ledger.sent, { upBytes: 49, packets: 1, strayBytes: 49, carriageBytes: 0, payloadBytes: 0, handshakes: 0 });
  ledger.note('up', packet, 'a flow', 'pass');
  t.like(ledger.sent, { upBytes: 98, strayBytes: 49, carriageBytes: 40, resentBytes: 0, handshakes: 1 });
});
