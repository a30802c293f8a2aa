import type { Disk } from '../../platform/ports.ts';
import { healthTerms } from '../health/probation.ts';
import type { HealthWatch } from '../health/watch.ts';
import type { ApplicationDirectories } from '../runtime/grants/application-directories.ts';
import type { PreparedStore } from '../runtime/prepare/prepared-store.ts';
import type { ModuleStore } from '../storage/module-store.ts';
import type { Activator } from './activator.ts';
import type { BundleIntake } from './bundle-intake.ts';
import { collectGarbage, heldModules, updatedNames } from './collect.ts';
import { deploymentDamage } from './damage.ts';
import type { EngineEvent } from './decide.ts';
import type { Fetcher, FetchFrom } from './fetcher.ts';
import type { Journal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import type { MomentWait } from './moment-wait.ts';
import { scrub } from './scrub.ts';
import type { Slots } from './slots.ts';
import type { Memory, Slot } from './state.ts';
import type { Step } from './steps.ts';

/** All that steps act on. */
export interface StepWorld {
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly slots: Slots;
  readonly store: ModuleStore;
  readonly prepared: PreparedStore;
  readonly kept: ApplicationDirectories;
  readonly disk: Disk;
  readonly partialDirectory: string;
  readonly fetcher: Fetcher;
  readonly repairer: Fetcher;
  readonly bundles: Pick<BundleIntake, 'pathFor'>;
  readonly moments: MomentWait;
  readonly activator: Activator;
  readonly health: HealthWatch;
  /** Whether there is somebody to ask for modules over no link. */
  readonly hasNeighbours: boolean;
  readonly emit: (event: EngineEvent) => void;
  /** A moment to activate that was told of is over. */
  readonly momentOver: () => void;
  memory(): Memory;
  /** Called with what the journal has made durable. */
  remember(memory: Memory): void;
}

type Runners = { readonly [K in Step['kind']]: (step: Extract<Step, { readonly kind: K }>, world: StepWorld) => void };

/** Whether it is on its way to this deployment, and so far. */
function isAt({ engine }: Memory, state: 'fetching' | 'staged', { sequence }: Slot): boolean {
  return engine.state === state && engine.target.sequence === sequence;
}

function fetchNow(slot: Slot, from: FetchFrom, { slots, fetcher, emit, memory }: StepWorld): void {
  const { sequence } = slot;
  const signed = slots.loadSigned(slot);
  const held = heldModules(slots, memory());
  if (signed !== undefined) fetcher.start(slot, signed, held, updatedNames(slots, memory(), slot), from);
  else emit({ kind: 'damaged', sequence, repairable: false, problem: deploymentDamage(sequence) });
}

const runners: Runners = {
  'keep-envelope': ({ slot, envelope }, { slots }) => slots.keep(slot, envelope),
  commit: ({ memory }, { journal, remember }) => {
    journal.commit(memory);
    remember(memory);
  },
  fetch: ({ slot }, world) => {
    // What is fetched now is wanted no more, whether or not this one may be fetched yet.
    world.fetcher.stop();
    if (world.bundles.pathFor(slot.sequence) !== undefined) {
      // What lies here takes nothing of any link.
      world.moments.stop();
      return fetchNow(slot, 'anywhere', world);
    }
    world.moments.start({
      ...{ to: 'fetch', gated: slot },
      isWanted: () => isAt(world.memory(), 'fetching', slot),
      open: () => fetchNow(slot, 'anywhere', world),
      ...(world.hasNeighbours ? { beside: () => fetchNow(slot, 'neighbours', world) } : {}),
      close: () => world.fetcher.stop(),
    });
  },
  'await-moment': ({ slot }, { moments, memory, emit, momentOver }) =>
    moments.start({
      ...{ to: 'activate', gated: slot },
      isWanted: () => isAt(memory(), 'staged', slot),
      open: () => emit({ kind: 'moment-came', sequence: slot.sequence }),
      close: momentOver,
    }),
  repair: ({ slot }, { slots, repairer, memory }) => {
    const signed = slots.loadSigned(slot);
    if (signed !== undefined) repairer.start(slot, signed, heldModules(slots, memory()), [], 'anywhere');
  },
  activate: ({ slot, lastResort, before }, { activator }) => activator.activate(slot, lastResort, before),
  clear: (_step, { activator }) => activator.clear(),
  watch: ({ slot }, { slots, health, emit }) => {
    const { sequence } = slot;
    const deployment = slots.load(slot);
    // It runs, so its envelope was whole just now; one that rotted since is found again at the next start.
    const healthOf = healthTerms(deployment?.applications ?? []);
    health.start(slot.probationSeconds, healthOf, (verdict) => {
      if (verdict.kind === 'healthy') emit({ kind: 'judged-healthy', sequence });
      if (verdict.kind !== 'failing') return;
      emit({
        kind: 'judged-failing',
        sequence,
        problem: { code: 'PROBATION_FAILED', message: verdict.reason, sequence },
      });
    });
  },
  unwatch: (_step, { health }) => health.stop(),
  scrub: (_step, world) => scrub(world),
  collect: (_step, world) => {
    world.repairer.stop();
    // Both copies of the journal must know what is held before anything else goes: either may be the one that is read next.
    world.journal.commit(world.memory());
    collectGarbage(world, world.memory());
    for (const name of world.disk.list(world.partialDirectory)) world.disk.remove(`${world.partialDirectory}/${name}`);
  },
};

/** Does one step; throws when the disk refuses. */
export function runStep<K extends Step['kind']>(step: Extract<Step, { readonly kind: K }>, world: StepWorld): void {
  const run = runners[step.kind] as (step: Step, world: StepWorld) => void;
  run(step, world);
}
