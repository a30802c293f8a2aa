import test from 'ava';
import fc from 'fast-check';
import { ConnectionsFull, connectionRoom, connectionsMax } from '../../../controller/doors/connection-room.ts';

test('the doors never hold more connections than there are descriptors for, beside those that are kept', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 600, max: 200_000 }), (descriptors) => {
      const { mqtt, https } = connectionRoom(descriptors);
      return mqtt >= 1 && https >= 1 && mqtt + https <= descriptors - 512 && mqtt > https;
    }),
  );
  t.pass();
});

test('where there are enough, or no limit is known, each door has all it may have', (t) => {
  t.deepEqual(connectionRoom(Number.POSITIVE_INFINITY), connectionsMax);
  t.is(connectionRoom(65_536).mqtt, connectionsMax.mqtt);
});

test('a limit that leaves next to nothing leaves one connection a door', (t) => {
  t.deepEqual(connectionRoom(3), { mqtt: 1, https: 1 });
});

test('who is turned away for want of descriptors is told so, and otherwise not', (t) => {
  t.regex(new ConnectionsFull(900, connectionsMax.mqtt).message, /holds 900 connections, .*LimitNOFILE.* tries again$/);
  t.notRegex(new ConnectionsFull(connectionsMax.mqtt, connectionsMax.mqtt).message, /LimitNOFILE/);
});
