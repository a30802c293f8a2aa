import test from 'ava';
import { EventQueue } from '../../../controller/engine/event-queue.ts';
import type { EngineEvent } from '../../../controller/engine/events.ts';

const request: EngineEvent = { kind: 'shadow-request', device: 'buoy', operation: 'get', payload: new Uint8Array() };
const contact: EngineEvent = { kind: 'contact', device: 'buoy', connected: true };

test('requests of devices wait in bounded number, whatever else waits; room is there again for each that was taken', (t) => {
  const queue = new EventQueue();
  queue.add({ event: contact });
  let count = 0;
  for (; queue.hasRoomFor(request) && count < 1e6; count += 1) queue.add({ event: request });
  t.is(count, 50_000);
  t.true(queue.hasRoomFor(contact), 'what this program tells itself has room');
  queue.drop(1);
  t.false(queue.hasRoomFor(request), 'that was the contact');
  queue.drop(2);
  t.true(queue.hasRoomFor(request));
  for (let n = 0; n < 2; n += 1) queue.add({ event: request });
  t.false(queue.hasRoomFor(request));
});
