import test from 'ava';
import { layoutOf } from '../../../../../artifact/snapshot/layout.ts';
import { decodeSnapshot, type Snapshot, SnapshotError } from '../../../../../artifact/snapshot/snapshot.ts';
import {
  type KeeperPorts,
  type KeeperTerms,
  StateKeeper,
} from '../../../../../device-agent/runtime/host/events/state-keeper.ts';
import type { Captured } from '../../../../../device-agent/runtime/host/launch.ts';
import { DiskError } from '../../../../../platform/ports.ts';
import { SimTime } from '../../../../../platform/simulated/clock.ts';
import { buildModule } from '../../module-builder.ts';

const layout = layoutOf(buildModule({ functions: {} }));
const snapshot: Snapshot = {
  module: 'a',
  layout,
  rewriter: 4,
  fuel: 7,
  memoryPages: 1,
  blocks: new Map(),
  globals: {},
};
const captured: Captured = { kind: 'captured', snapshot };

/** A keeper on a clock of the test, and the file that it has written. */
function newKeeper({ perDay = 100_000, file = undefined as Uint8Array | undefined, isAtStopOnly = false } = {}) {
  const time = new SimTime(1_800_000_000_000);
  const clock = time.clock({ alive: true });
  const disk = { file, fault: undefined as Error | undefined, written: 0 };
  const shelf: KeeperPorts['shelf'] = {
    choose: () => {
      if (disk.fault !== undefined) throw disk.fault;
      if (disk.file === undefined) return { kind: 'none' };
      const { file } = disk;
      return {
        kind: 'own',
        state: { kind: 'snapshot', length: file.length, pieces: () => [file], isTakenOver: false },
      };
    },
    put: (_kind, pieces) => {
      if (disk.fault !== undefined) throw disk.fault;
      disk.file = Buffer.concat(pieces);
      disk.written += 1;
    },
    clear: (kinds = ['snapshot']) => {
      if (kinds.includes('snapshot')) disk.file = undefined;
    },
  };
  const terms: KeeperTerms = isAtStopOnly
    ? { handover: 'snapshot' }
    : { snapshots: { everySeconds: 300, bytesPerDayMax: perDay } };
  return { keeper: new StateKeeper(terms, { clock, shelf }), time, disk };
}

test('a state is written at most so often, and only where something was handled since', async (t) => {
  const { keeper, time, disk } = newKeeper();
  const beganMs = time.now;
  const due: number[] = [];
  const handled = () => keeper.handled(() => due.push(time.now - beganMs));
  handled();
  await time.runUntil(beganMs + 100_000);
  handled();
  await time.runUntil(beganMs + 1_000_000);
  t.deepEqual(due, [300_000]);
  await keeper.keep(captured);
  t.like(keeper.report(), { at: new Date(time.now).toISOString(), bytes: disk.file!.length });
  t.deepEqual(decodeSnapshot(disk.file!, 1).fuel, 7);
  await time.runUntil(beganMs + 2_000_000);
  handled();
  await time.runUntil(beganMs + 2_100_000);
  t.deepEqual(due, [300_000, 2_000_000]);
});

test('no more bytes are written in a day than the manifest allows, and it is told', async (t) => {
  const { keeper, time, disk } = newKeeper({ perDay: 500 });
  while (keeper.report().fault === undefined) await keeper.keep(captured);
  const most = disk.written;
  t.true(most >= 1 && most * disk.file!.length <= 500);
  t.is(keeper.report().fault, 'the 500 bytes of its day are written');
  t.true(keeper.isBehind);
  await keeper.keep(captured, true);
  t.false(keeper.isBehind);
  t.is(disk.written, most + 1, 'what is the only chance to write it is taken');
  await time.runUntil(time.now + 24 * 3_600_000);
  await keeper.keep(captured);
  t.is(disk.written, most + 2);
  t.is(keeper.report().fault, undefined);
});

test('what can not be captured, read or written is told, and the instance begins afresh or runs on', async (t) => {
  const { keeper, disk } = newKeeper();
  await keeper.keep({ kind: 'refused', message: 'it changed a table' });
  t.is(keeper.report().fault, 'it can not be captured: it changed a table');
  disk.fault = new DiskError('NO_SPACE', '/state', 'no space');
  await keeper.keep(captured);
  t.is(keeper.report().fault, 'it was not written: /state: no space');
  disk.fault = new SnapshotError('it has 2000 bytes, at most 1000 may be had here');
  t.deepEqual(keeper.next(), { kind: 'none' });
  t.deepEqual(keeper.report(), {
    isRestored: false,
    fault: 'it began afresh: it has 2000 bytes, at most 1000 may be had here',
  });
});

test('a state from which three instances in a row handled nothing is not gone on from again', (t) => {
  const { keeper, disk } = newKeeper({ file: Buffer.from('state') });
  const live = (handles: boolean) => {
    const isRestored = keeper.next().kind === 'own';
    if (handles) keeper.handled(() => {});
    keeper.died();
    return isRestored;
  };
  t.deepEqual([live(true), live(false), live(true), live(false), live(false)], [true, true, true, true, true]);
  t.false(live(false));
  t.is(disk.file, undefined);
  t.is(keeper.report().fault, 'it began afresh: 3 instances that went on from its state handled nothing');
});

test('without snapshots a state is that of the last stop: it is gone with the first event that is handled, and no timer writes it', async (t) => {
  const { keeper, time, disk } = newKeeper({ file: Buffer.from('state'), isAtStopOnly: true });
  t.is(keeper.next().kind, 'own');
  t.false(keeper.isBehind, 'what handled nothing is what lies on the disk');
  keeper.handled(() => t.fail());
  await time.runUntil(time.now + 86_400_000);
  await keeper.close();
  t.is(disk.file, undefined);
  t.true(keeper.isBehind);
});
