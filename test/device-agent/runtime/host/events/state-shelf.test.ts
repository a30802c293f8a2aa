import test from 'ava';
import { type ShelfTerms, StateShelf } from '../../../../../device-agent/runtime/host/events/state-shelf.ts';
import { KeptStateFiles } from '../../../../../device-agent/runtime/snapshot/kept-state-files.ts';
import { SimDisk } from '../../../../sim/sim-disk.ts';

const [first, second] = ['a'.repeat(64), 'b'.repeat(64)];

/** Shelves of the releases of one application, on one disk. */
function newShelves() {
  const disk = new SimDisk();
  const pauses: number[] = [];
  disk.makeDirectory('/state');
  const shelf = (sha256: string, changes: Partial<ShelfTerms> = {}) =>
    new StateShelf(
      { sha256, handover: 'snapshot', fileBytesMax: 100, ...changes },
      () => new KeptStateFiles(disk, '/state', async () => void pauses.push(disk.list('/state').length)),
    );
  const text = (choice: ReturnType<StateShelf['choose']>) =>
    'state' in choice
      ? `${choice.kind} ${Buffer.concat([...choice.state.pieces()])}`
      : `${choice.kind} ${choice.reason ?? ''}`;
  return { disk, shelf, text, pauses };
}

const before = (sha256: string, sequence: number) => ({ predecessor: { sha256, sequence } });

test('a release takes over from the one before it once, and from then on has a state of its own', (t) => {
  const { shelf, text } = newShelves();
  shelf(first).put('snapshot', [Buffer.from('one')]);
  t.is(text(shelf(second, before(first, 2)).choose()), 'taken-over one');
  shelf(second, before(first, 2)).put('snapshot', [Buffer.from('two')]);
  t.is(text(shelf(second, before(first, 2)).choose()), 'own two');
  t.is(text(shelf(second).choose()), 'own two', 'when it has proved itself too');
  t.is(text(shelf(first).choose()), 'own one', 'the one before it goes on from where it handed over');
});

test('a release that comes back takes over from what ran meanwhile, and not from what it left long ago', (t) => {
  const { shelf, text, disk } = newShelves();
  shelf(first).put('snapshot', [Buffer.from('one')]);
  shelf(second, before(first, 2)).put('snapshot', [Buffer.from('two')]);
  t.is(text(shelf(first, before(second, 3)).choose()), 'taken-over two');
  shelf(first, before(second, 3)).put('snapshot', [Buffer.from('three')]);
  t.is(text(shelf(first).choose()), 'own three');
  t.is(disk.list('/state').length, 2);
});

test('a state that is there and can not be handed over keeps its heir from beginning afresh; where there is none, it does', (t) => {
  const { shelf, text } = newShelves();
  const heir = (changes: Partial<ShelfTerms> = {}) => shelf(second, { ...before(first, 2), ...changes });
  t.is(text(heir().choose()), 'none nothing was kept of the release before it');
  shelf(first).put('snapshot', [Buffer.from('one')]);
  t.is(text(heir({ handover: 'migrate' }).choose()), 'lost it was not written by its own export');
  t.regex(text(heir({ fileBytesMax: 2 }).choose()), /^lost it has 3 bytes, at most 2 may be had here$/);
  shelf(first).put('exported', [Buffer.from('written')]);
  t.is(text(heir({ handover: 'migrate' }).choose()), 'taken-over written');
  t.is(text(heir().choose()), 'taken-over one');
});

test('what a module has written of its state serves itself where no snapshot does', (t) => {
  const { shelf, text } = newShelves();
  const own = shelf(first, { handover: 'migrate' });
  own.put('exported', [Buffer.from('written')]);
  t.is(text(own.choose()), 'own written');
  t.is(text(shelf(first).choose()), 'none ', 'one that does not migrate reads none of that');
  own.put('snapshot', [Buffer.from('captured')]);
  t.is(text(own.choose()), 'own captured');
  own.clear(['snapshot']);
  own.clear(['exported']);
  t.is(text(own.choose()), 'none ');
});

test('the thread does not wait for the disk to have a state, which takes the place of others only then', async (t) => {
  const { disk, shelf } = newShelves();
  void shelf(first).put('snapshot', [Buffer.from('one')]);
  const states = () => disk.list('/state').filter((name) => !name.endsWith('.new'));
  const { promise, resolve } = Promise.withResolvers<void>();
  disk.syncAside = () => promise;
  const writing = shelf(first, before(second, 3)).put('snapshot', [Buffer.from('two')]);
  t.deepEqual(states(), [`${first}-0.snapshot`]);
  resolve();
  await writing;
  t.deepEqual(states(), [`${first}-3.snapshot`]);
});

test('a state of megabytes is written and read a stretch at a time, and the one before it stays until it is whole', async (t) => {
  const { shelf, text, pauses, disk } = newShelves();
  const large = shelf(first, { fileBytesMax: 4 * 2 ** 20 });
  await large.put('snapshot', [Buffer.from('one')]);
  const pieces = [Buffer.from('head'), Buffer.alloc(3 * 2 ** 20, 7), Buffer.from('digest')];
  const writing = large.put('snapshot', pieces);
  t.is(text(large.choose()), 'own one');
  await writing;
  t.true(pauses.length >= 12, `${pauses.length} pauses`);
  const choice = large.choose();
  const read = 'state' in choice ? [...choice.state.pieces()] : [];
  t.deepEqual([...new Set(read.slice(0, -1).map(({ length }) => length))], [262_144], choice.kind);
  t.deepEqual(Buffer.concat(read), Buffer.concat(pieces));
  t.is(disk.list('/state').length, 1);
});
