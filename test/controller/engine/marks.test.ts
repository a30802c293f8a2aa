import test from 'ava';
import { loadImage } from '../../../controller/engine/load-image.ts';
import { channelsMax } from '../../../controller/engine/marks.ts';
import type { ChannelMark } from '../../../controller/engine/records.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { Turn } from '../../../platform/turn.ts';
import { openEngine } from './test-engine.ts';

function markOf(segment: number, index: number, more: Partial<ChannelMark> = {}): ChannelMark {
  return { stream: '0123456789abcdef', segment, index, at: 1, ...more };
}

test('what the shore has of a channel only grows within a stream, and is there after a restart', async (t) => {
  const { engine, image, state } = await openEngine();
  const take = (mark: ChannelMark): Promise<void> =>
    engine.ask({ kind: 'messages-taken', device: 'buoy', channel: 'gauge/readings', mark });
  for (const mark of [markOf(1, 5), markOf(1, 3), markOf(2, 0), markOf(1, 9)]) await take(mark);
  t.deepEqual(image.marks('buoy'), { 'gauge/readings': markOf(2, 0) });
  await take(markOf(1, 0, { stream: 'ffffffffffffffff' }));
  await engine.stop();
  const again = await loadImage(state, new Turn(nodeClock));
  t.deepEqual(again.image.marks('buoy'), { 'gauge/readings': markOf(1, 0, { stream: 'ffffffffffffffff' }) });
});

test('of a device that names ever new channels a bounded number is remembered, the newest', async (t) => {
  const { engine, image } = await openEngine();
  for (let n = 0; n < 2 * channelsMax; n += 1) {
    const mark = markOf(1, 0, { at: n });
    await engine.ask({ kind: 'messages-taken', device: 'buoy', channel: `gauge/c${n}`, mark });
  }
  // What was carried may be older than all.
  await engine.ask({ kind: 'messages-taken', device: 'buoy', channel: 'gauge/carried', mark: markOf(1, 0) });
  await engine.stop();
  const names = Object.keys(image.marks('buoy'));
  t.is(names.length, channelsMax);
  t.true(names.includes(`gauge/c${2 * channelsMax - 1}`) && !names.includes('gauge/c0'));
  t.true(names.includes('gauge/carried'));
});

test('a row of marks that are none is set aside, and the controller starts', async (t) => {
  const { state, engine } = await openEngine();
  await engine.stop();
  await state.commit([{ room: 'marks', key: 'buoy', value: '{"gauge/readings":{"stream":1}}' }]);
  const { image, unreadable } = await loadImage(state, new Turn(nodeClock));
  t.deepEqual([image.marks('buoy'), unreadable.length], [{}, 1]);
});
