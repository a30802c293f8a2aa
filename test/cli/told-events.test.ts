import test from 'ava';
import fc from 'fast-check';
import { subjectOf, ToldEvents } from '../../cli/told-events.ts';
import type { DeviceEvent, DeviceStatus, FleetStatus } from '../../schemas/generated/types.ts';

const asOf = '2026-03-01T01:00:00.000Z';

function deviceWith(events: readonly DeviceEvent[], state: DeviceStatus['state'] = 'running'): DeviceStatus {
  return {
    name: 'buoy',
    labels: {},
    state,
    reason: { code: state.toUpperCase(), message: state },
    events: [...events],
  };
}

function event(at: number): DeviceEvent {
  return { at: new Date(at).toISOString(), code: 'PHASE_ACTIVE', message: `runs deployment ${at}` };
}

test('however often a device is looked at, each of its events is told once and in order, but for those that no look could see', (t) => {
  const kept = 20;
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 20 }), (steps) => {
      const told = new ToldEvents();
      const seen: string[] = [];
      const visible: string[] = [];
      let count = 0;
      for (const step of steps) {
        const before = count;
        count += step;
        const history = Array.from({ length: Math.min(kept, count) }, (_, at) => event(count - at));
        const firstNew = Math.max(before, count - kept) + 1;
        for (let at = firstNew; at <= count; at += 1) visible.push(event(at).message);
        seen.push(...told.take(deviceWith(history), asOf).map(({ message }) => message));
      }
      t.deepEqual(seen, visible);
    }),
  );
});

test('another state is told where no event tells of it, and not the first that is seen', (t) => {
  const told = new ToldEvents();
  t.deepEqual(told.take(deviceWith([], 'running'), asOf), []);
  t.deepEqual(told.take(deviceWith([], 'dark'), asOf), [{ device: 'buoy', at: asOf, code: 'DARK', message: 'dark' }]);
  t.deepEqual(told.take(deviceWith([], 'dark'), asOf), []);
  t.deepEqual(told.take(deviceWith([event(1)], 'running'), asOf), [{ device: 'buoy', ...event(1) }]);
  t.deepEqual(told.take(deviceWith([event(1)], 'running'), asOf), []);
});

test('an event that is given its own time by its device later is not told again, and what came with that is', (t) => {
  const told = new ToldEvents();
  told.take(deviceWith([event(2), event(1)]), asOf);
  const own = { ...event(2), deviceAt: asOf, boot: 3, upSeconds: 60 };
  const messages = told.take(deviceWith([event(3), own, event(1)]), asOf).map(({ message }) => message);
  t.deepEqual(messages, [event(3).message]);
});

test('what happened to a rollout is told once, and what happened to the one that takes its place after it', (t) => {
  const told = new ToldEvents();
  const messagesOf = (events: readonly DeviceEvent[], over: readonly DeviceEvent[] = []) => {
    const finished = over.length === 0 ? {} : { finished: [{ number: 1, events: over }] };
    const fleet = { name: 'ships', rollout: { number: 2, events, ...finished } } as unknown as FleetStatus;
    return told.takeRollout(fleet).map((one) => `${subjectOf(one)} ${one.message.at(-1)}`);
  };
  t.deepEqual(messagesOf([event(2)], [event(1)]), ['rollout/ships 1', 'rollout/ships 2']);
  t.deepEqual(messagesOf([event(2), event(3)]), ['rollout/ships 3']);
  t.deepEqual(messagesOf([event(2), event(3)]), []);
  t.deepEqual(messagesOf([event(4)]), ['rollout/ships 4'], 'another one began');
  t.deepEqual(told.takeRollout({ name: 'trucks' }), []);
});
