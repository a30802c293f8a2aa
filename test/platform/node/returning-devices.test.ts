/** Who may come back without a certificate: how long, how many, and as whom. */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import test from 'ava';
import fc from 'fast-check';
import { returnKeyMsMax } from '../../../platform/node/return-key.ts';
import { ReturningDevices } from '../../../platform/node/returning-devices.ts';

const fromMs = 1_000_000;
const untilMs = 9_000_000;
const certificate = {
  validFromDate: new Date(fromMs),
  validToDate: new Date(untilMs),
} as X509Certificate;

/** A connection whose handshake exports one number over and over. */
function socketOf(number: number, isReturned = false, protocol = 'TLSv1.3'): TLSSocket {
  const exportKeyingMaterial = (length: number): Buffer => Buffer.alloc(length, number);
  return {
    getProtocol: () => protocol,
    isSessionReused: () => isReturned,
    exportKeyingMaterial,
  } as unknown as TLSSocket;
}

const nameOf = (number: number): string => Buffer.alloc(12, number).toString('base64url');
const peerOf = (device: string) => ({ device, keyFingerprint: `key of ${device}` });

function open(devicesMax = 10) {
  const time = { now: fromMs, monotonic: 0 };
  const clock = { now: () => time.now, monotonic: () => time.monotonic };
  return { time, devices: new ReturningDevices({ clock, devicesMax }) };
}

test('who showed a certificate comes back as the same by the name of its key, as often as it likes', (t) => {
  const { devices } = open();
  devices.keep(socketOf(7), certificate, peerOf('buoy'));
  for (let time = 0; time < 3; time++) {
    const back = socketOf(0, true);
    t.deepEqual(devices.secretOf(back, nameOf(7)), Buffer.alloc(32, 7));
    t.deepEqual(devices.peerOf(back), peerOf('buoy'));
  }
});

test('a connection that offered a key, and showed certificates after all, is nobody by the key', (t) => {
  const { devices } = open();
  devices.keep(socketOf(7), certificate, peerOf('buoy'));
  const whole = socketOf(8);
  devices.secretOf(whole, nameOf(7));
  t.is(devices.peerOf(whole), undefined);
});

test('a connection that resumed without a key of ours is nobody', (t) => {
  const { devices } = open();
  devices.keep(socketOf(7), certificate, peerOf('buoy'));
  const other = socketOf(0, true);
  t.is(devices.secretOf(other, nameOf(8)), null);
  t.is(devices.peerOf(other), undefined);
});

test('nothing is taken from a connection of an older TLS, nor from one that itself came back', (t) => {
  const { devices } = open();
  devices.keep(socketOf(7, false, 'TLSv1.2'), certificate, peerOf('buoy'));
  devices.keep(socketOf(7, true), certificate, peerOf('buoy'));
  t.is(devices.secretOf(socketOf(0, true), nameOf(7)), null);
});

test('a key counts no longer than the certificate behind it, by the clock as it is now, and for a week', (t) => {
  const { devices, time } = open();
  devices.keep(socketOf(7), certificate, peerOf('buoy'));
  const counts = (): boolean => devices.secretOf(socketOf(0, true), nameOf(7)) !== null;
  for (const [now, isRight] of [
    [fromMs - 1, false],
    [fromMs, true],
    [untilMs, true],
    [untilMs + 1, false],
  ] as const) {
    time.now = now;
    t.is(counts(), isRight, String(now));
  }
  time.now = fromMs;
  time.monotonic = returnKeyMsMax;
  t.true(counts());
  time.monotonic += 1;
  t.false(counts());
});

test('of one device the last key counts, and of all devices those that came last, as many as there is room for', (t) => {
  const event = fc.record({ device: fc.integer({ min: 0, max: 9 }), isReturn: fc.boolean() });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (events, devicesMax) => {
      const { devices } = open(devicesMax);
      /** Devices and their keys, those that came last at the end. */
      let expected: (readonly [device: number, key: number])[] = [];
      events.forEach(({ device, isReturn }, at) => {
        const known = expected.find(([name]) => name === device);
        const rest = expected.filter((one) => one !== known);
        if (!isReturn) devices.keep(socketOf(at), certificate, peerOf(String(device)));
        else if (known !== undefined) devices.secretOf(socketOf(0, true), nameOf(known[1]));
        if (!isReturn) expected = [...rest, [device, at] as const].slice(-devicesMax);
        else if (known !== undefined) expected = [...rest, known];
      });
      const kept = events.flatMap((_event, at) => {
        const back = socketOf(0, true);
        return devices.secretOf(back, nameOf(at)) === null ? [] : [[Number(devices.peerOf(back)!.device), at] as const];
      });
      const byKey = (one: readonly [number, number], other: readonly [number, number]): number => one[1] - other[1];
      t.deepEqual(kept, expected.toSorted(byKey));
    }),
  );
});
