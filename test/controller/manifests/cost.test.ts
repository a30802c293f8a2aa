import test from 'ava';
import { applyChanges, applyChangesInSteps } from '../../../controller/manifests/apply-changes.ts';
import { type Declaration, emptyManifestState } from '../../../controller/manifests/manifest-state.ts';
import { PersistentMap } from '../../../controller/manifests/persistent-map.ts';
import { UnreadNode } from '../../../controller/manifests/trie.ts';
import { application, catalogue, changesOf, device, type Files, fleet, site } from './fleet-fixture.ts';

/** A fleet of ships of ten devices each. */
function ships(count: number): Files {
  const files: Record<string, string> = {
    'apps/pump.yaml': application('pump', '1.0.0', { config: { name: '${device.name}' } }),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }]),
  };
  for (let ship = 0; ship < count; ship += 1) {
    files[`sites/s${ship}.yaml`] = site(`s${ship}`, { config: { ship } });
    for (let index = 0; index < 10; index += 1) {
      const name = `d${ship}-${index}`;
      files[`devices/${name}.yaml`] = device(name, { kind: 'ship', place: `p${index}` }, { site: `s${ship}` });
    }
  }
  return files;
}

/** CPU milliseconds of the quickest of a few runs: what else this machine does should not decide. */
function cost(run: () => void): number {
  const runs = Array.from({ length: 8 }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...runs);
}

test('where things are declared is looked up for what is wrong alone: nobody has to read it for what is right', (t) => {
  const first = applyChanges(emptyManifestState, changesOf(ships(10)), catalogue);
  if (first.kind !== 'accepted') return t.fail();
  const unread = new UnreadNode<Declaration>(first.state.declared.size, () => {
    throw new Error('it was read');
  });
  const state = { ...first.state, declared: new PersistentMap(unread) };
  t.like(applyChanges(state, [], catalogue), { kind: 'accepted' });
});

test('a commit that touches one manifest costs what it touches, not what there is', (t) => {
  const changes = changesOf(ships(300));
  const whole = cost(() => applyChanges(emptyManifestState, changes, catalogue));
  const first = applyChanges(emptyManifestState, changes, catalogue);
  if (first.kind !== 'accepted') return t.fail();
  const edits: readonly (readonly [Files, number])[] = [
    [{ 'devices/d7-3.yaml': device('d7-3', { kind: 'ship', place: 'bow' }, { site: 's8' }) }, 1],
    [{ 'sites/s7.yaml': site('s7', { config: { ship: 'seven' } }) }, 10],
  ];
  for (const [edit, devices] of edits) {
    const change = changesOf(edit);
    const one = cost(() => {
      const applied = applyChanges(first.state, change, catalogue);
      t.is(applied.kind === 'accepted' && applied.affected.size, devices);
    });
    t.true(one < whole / 8, `${one} ms of ${whole} ms`);
  }
});

test('a first revision is taken in in steps: its paths and names are hashed with places to pause', (t) => {
  const steps = applyChangesInSteps(emptyManifestState, changesOf(ships(30)), catalogue);
  let pauses = 0;
  while (steps.next().done !== true) pauses += 1;
  t.true(pauses >= (8 * 300) / 20, `${pauses} pauses`);
});

test('what every device of a fleet runs changes in steps: whom it touches is gathered, drawn and kept with places to pause', (t) => {
  const files = ships(30);
  const first = applyChanges(emptyManifestState, changesOf(files), catalogue);
  if (first.kind !== 'accepted') return t.fail();
  const edit = changesOf({ 'apps/pump.yaml': application('pump', '1.1.0') });
  const steps = applyChangesInSteps(first.state, edit, catalogue);
  let pauses = 0;
  while (steps.next().done !== true) pauses += 1;
  t.true(pauses >= (3 * 300) / 20, `${pauses} pauses`);
});
