/**
 * Cuts the power after every single disk operation of a state's life: it is kept again and again, handed over to the next release,
 * and kept by that one. Whoever starts then goes on from a whole state, of itself or of the release before it; the old release, which the
 * new one may still give place to, finds the last one of its own.
 */
import test from 'ava';
import { ApplicationDirectories } from '../../device-agent/runtime/grants/application-directories.ts';
import { StateShelf } from '../../device-agent/runtime/host/events/state-shelf.ts';
import { KeptStateFiles } from '../../device-agent/runtime/snapshot/kept-state-files.ts';
import { type Fate, keepAll, loseAll } from '../sim/disk-crash.ts';
import { PowerCut, SimDisk } from '../sim/sim-disk.ts';

const [oldModule, newModule] = ['a'.repeat(64), 'b'.repeat(64)];
const handedOverAs = 2;
const fileBytesMax = 100_000;
const stateOf = (number: number): Buffer => Buffer.from(`${number} `.repeat(2_000));

function files(disk: SimDisk): KeptStateFiles {
  return new KeptStateFiles(disk, new ApplicationDirectories(disk, '/runtime').open('gauge', 'state'), async () => {});
}

const oldShelf = (disk: SimDisk) =>
  new StateShelf({ sha256: oldModule, handover: 'snapshot', fileBytesMax }, () => files(disk));
const newShelf = (disk: SimDisk) => {
  const predecessor = { sha256: oldModule, sequence: handedOverAs };
  return new StateShelf({ sha256: newModule, handover: 'snapshot', predecessor, fileBytesMax }, () => files(disk));
};

/** Keeps states 1 to 4, the first two as the old release, and notes which of them are durable. */
function live(disk: SimDisk, durable: number[]): void {
  for (const number of [1, 2]) {
    oldShelf(disk).put('snapshot', [stateOf(number)]);
    durable.push(number);
  }
  for (const number of [3, 4]) {
    newShelf(disk).put('snapshot', [stateOf(number)]);
    durable.push(number);
  }
}

/** The number of a state that is whole. */
function numberIn(choice: ReturnType<StateShelf['choose']>): number {
  if (!('state' in choice)) return 0;
  const bytes = Buffer.concat([...choice.state.pieces()]);
  const number = Number.parseInt(bytes.toString(), 10);
  return stateOf(number).equals(bytes) ? number : Number.NaN;
}

function cutAfter(operations: number, fate: Fate): { readonly disk: SimDisk; readonly durable: readonly number[] } {
  const disk = new SimDisk();
  const durable: number[] = [];
  disk.crashAfter(operations);
  try {
    live(disk, durable);
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
  disk.crash(fate);
  disk.restart();
  return { disk, durable };
}

test('after a power cut at any instant the new release goes on from its state or the old one from its own, each whole', (t) => {
  const seen = new Set<string>();
  for (let cut = 0; !seen.has('own 4'); cut++) {
    for (const fate of [loseAll, keepAll]) {
      const { disk, durable } = cutAfter(cut, fate);
      const choice = newShelf(disk).choose();
      const last = durable.at(-1) ?? 0;
      const [next, old] = [numberIn(choice), numberIn(oldShelf(disk).choose())];
      const where = `cut after ${cut}, ${last} was durable`;
      t.true(next === last || next === last + 1, `${where}, the new release goes on from ${next}`);
      t.true(old === Math.min(2, last) || old === Math.min(2, last + 1), `${where}, the old one from ${old}`);
      if (next > 0) t.is(choice.kind, next <= 2 ? 'taken-over' : 'own', where);
      seen.add(`${choice.kind} ${next}`);
    }
  }
  t.deepEqual([...seen].sort(), ['none 0', 'own 3', 'own 4', 'taken-over 1', 'taken-over 2']);
});

test('a power cut leaves nothing behind in the directory but states', (t) => {
  for (let cut = 0; cut < 40; cut++) {
    const { disk } = cutAfter(cut, keepAll);
    files(disk);
    const names = disk.list('/runtime/applications/gauge/state');
    t.true(
      names.every((name) => /^[ab]{64}-[02]\.snapshot$/.test(name)),
      names.join(' '),
    );
  }
});
