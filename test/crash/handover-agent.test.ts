/**
 * Cuts the power after every disk operation of an update that hands a state over, of a whole agent: its journal, its garbage and what its
 * applications keep are on one disk. Each release writes into its state that it ran. Whoever runs, whenever the power went, goes on from
 * a whole state that began with the first release; one that was handed over holds none of the release that gave place.
 */
import test, { type ExecutionContext } from 'ava';
import { ApplicationDirectories } from '../../device-agent/runtime/grants/application-directories.ts';
import { StateShelf } from '../../device-agent/runtime/host/events/state-shelf.ts';
import type { Predecessor } from '../../device-agent/runtime/snapshot/kept-state.ts';
import { KeptStateFiles } from '../../device-agent/runtime/snapshot/kept-state-files.ts';
import { stateLayout } from '../../device-agent/state-layout.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { buildModule } from '../device-agent/runtime/module-builder.ts';
import { Ship } from '../device-agent/ship.ts';
import { type AppWish, Shore, sha256, withSection } from '../device-agent/shore.ts';
import { type Fate, keepAll, loseAll } from '../sim/disk-crash.ts';

type Handover = 'snapshot' | 'migrate';

const functions = { _initialize: [], handle: [], fleet_export_state: [], fleet_import_state: [] };
const release = (version: string, text: string): AppWish => {
  return { name: 'gauge', version, bytes: withSection(buildModule({ functions }), Buffer.from(text)) };
};
const first = release('1.0.0', 'gauge one');
const second = release('2.0.0', 'gauge two');
const failing = release('3.0.0', 'gauge crashes');
const shore = new Shore('anna');
for (const app of [first, second, failing]) shore.release(app);

const { runtimeDirectory } = stateLayout('/state');

function shelfOf(ship: Ship, digest: string, handover: Handover, predecessor?: Predecessor): StateShelf {
  const place = (): string => new ApplicationDirectories(ship.disk, runtimeDirectory).open('gauge', 'state');
  const terms = {
    sha256: digest,
    handover,
    fileBytesMax: 10_000,
    ...(predecessor === undefined ? {} : { predecessor }),
  };
  return new StateShelf(terms, () => new KeptStateFiles(ship.disk, place(), async () => {}));
}

/** The releases that a state went through, such as `1 1 2`; undefined where there is none. */
function pastOf(shelf: StateShelf): string | undefined {
  const choice = shelf.choose();
  if (choice.kind === 'lost') throw new Error(`the state is lost: ${choice.reason}`);
  return choice.kind === 'none' ? undefined : Buffer.concat([...choice.state.pieces()]).toString();
}

/** A device whose application goes on from its state wherever it is started, and keeps it at once; `pasts` is what it went on from. */
function newShip(handover: Handover) {
  const ship = new Ship(shore);
  const pasts: { readonly version: string; readonly past: string }[] = [];
  ship.onRun = (_name, bytes, { version, predecessor }) => {
    const shelf = shelfOf(ship, sha256(bytes), handover, predecessor);
    const past = pastOf(shelf);
    pasts.push({ version: version[0]!, past: past ?? '' });
    const kind = handover === 'migrate' ? 'exported' : 'snapshot';
    void shelf.put(kind, [Buffer.from(past === undefined ? version[0]! : `${past} ${version[0]}`)]);
  };
  return { ship, pasts };
}

function want(ship: Ship, sequence: number, app: AppWish, handover: Handover): void {
  const [application] = shore.deployment(sequence, [app]).applications;
  const kept = {
    trigger: { schedule: { cron: '* * * * *' } },
    events: { instance: 'kept', handler: 'handle' },
  } as const;
  ship.want(shore.desired(sequence, [app], { applications: [{ ...application!, ...kept, handover }] }));
}

/** Until a release has ended well, the one that may come back has a state of its own, without anything of its heir. */
function checkOldKept(t: ExecutionContext, ship: Ship, handover: Handover, where: string): void {
  if (ship.report.phase === 'active' && ship.running()[0] === 'gauge 2.0.0') return;
  t.regex(pastOf(shelfOf(ship, sha256(first.bytes), handover)) ?? 'none', /^1( 1)*$/, where);
}

/** Whether the update was over before so many operations. */
async function crashAt(
  t: ExecutionContext,
  app: AppWish,
  handover: Handover,
  cut: number,
  fate: Fate,
): Promise<boolean> {
  const where = `power cut after operation ${cut}`;
  const { ship, pasts } = newShip(handover);
  ship.boot();
  want(ship, 1, first, handover);
  await ship.run(40);
  pasts.length = 0;
  const before = ship.disk.operations;
  ship.disk.crashAfter(cut);
  want(ship, 2, app, handover);
  await ship.run(40);
  if (ship.disk.operations - before < cut) return true;
  for (const again of [cut % 7, 0]) {
    ship.cutPower(fate);
    if (again > 0) ship.disk.crashAfter(again);
    ship.boot();
    await ship.run(2);
  }
  t.is(ship.running().length, 1, where);
  checkOldKept(t, ship, handover, where);
  await ship.run(300);
  t.deepEqual(ship.running(), [app === failing ? 'gauge 1.0.0' : 'gauge 2.0.0'], where);
  for (const { version, past } of pasts) t.regex(past, version === '1' ? /^1( 1)*$/ : /^1( 1)*( [23])*$/, where);
  return false;
}

for (const handover of ['snapshot', 'migrate'] as const)
  for (const [what, app] of [
    ['succeeds', second],
    ['fails', failing],
  ] as const)
    test.serial(
      `after a power cut at any disk operation of an update with ${handover} that ${what}, whoever runs has its state`,
      async (t) => {
        let cut = 1;
        for (; ; cut++) {
          const random = new SimRandom(cut);
          const fate = [loseAll, keepAll, () => random.fraction()][cut % 3]!;
          if (await crashAt(t, app, handover, cut, fate)) break;
        }
        t.log(`${cut - 1} operations`);
        t.true(cut > 30);
      },
    );
