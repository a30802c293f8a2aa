import test from 'ava';
import { reconnectDelayMs } from '../../../device-agent/transport/reconnect-delay.ts';

test('whoever can be reached is not kept waiting for longer than a short contact lasts', (t) => {
  for (const end of ['unreachable', 'short', 'steady'] as const) t.is(reconnectDelayMs(end, 100, 1), 60_000);
  t.is(reconnectDelayMs('refused', 100, 1), 300_000);
});

test('the first tries follow soon, and chance keeps the devices of a site apart', (t) => {
  t.is(reconnectDelayMs('short', 1, 1), 1_000);
  t.is(reconnectDelayMs('short', 1, 0), 500);
  t.is(reconnectDelayMs('refused', 4, 1), 8_000);
});
