import test from 'ava';
import { DeviceLines } from '../../../../../controller/doors/mqtt/embedded/device-lines.ts';
import { brokerLimits } from '../../../../../controller/doors/mqtt/embedded/limits.ts';

const peer = { device: 'buoy-1', keyFingerprint: 'SHA256:k', certificateEndsAt: 9, address: '192.0.2.1' };

/** Lines by numbers, and the codes of what was refused. */
function lines() {
  const refused: string[] = [];
  const all = new DeviceLines<number>({
    limits: brokerLimits,
    authorize: () => 'ok',
    onRefusal: ({ code }) => refused.push(code),
    monotonic: () => 0,
  });
  const enter = (connection: number, address = peer.address) => {
    all.open(connection, { ...peer, address });
    const refusal = all.judgeConnect(connection, false);
    return refusal?.code ?? all.connected(connection);
  };
  return { all, enter, refused };
}

test('who comes back after its connection closed takes nobody’s place, though its end was not told yet', (t) => {
  const { all, enter } = lines();
  const plain = { device: 'buoy-1', connected: true, address: peer.address, certificateEndsAt: 9 };
  for (let connection = 0; connection < 2 * brokerLimits.takeoversBurst; connection += 1) {
    t.deepEqual(enter(connection), plain);
    all.close(connection);
  }
  enter(100);
  t.deepEqual(enter(101, '192.0.2.2'), { ...plain, address: '192.0.2.2', takenOverFrom: peer.address });
});

test('the end of a connection whose place was taken says nothing of the device, and one cause is told once', (t) => {
  const { all, enter, refused } = lines();
  enter(1);
  enter(2);
  t.is(all.disconnected(1, 'buoy-1'), undefined);
  t.deepEqual(all.disconnected(2, 'buoy-1'), { device: 'buoy-1', connected: false, address: peer.address });
  for (const code of ['RATE_LIMITED', 'PACKET_TOO_LONG']) all.refuse(2, { code, message: '' });
  t.deepEqual(refused, ['RATE_LIMITED']);
});
