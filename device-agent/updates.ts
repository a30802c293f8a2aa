import type { Clock, CountTravel, Disk, Log, Random } from '../platform/ports.ts';
import type {
  Consent,
  DeployedApplication,
  LinkReport,
  NeighbourReport,
  Progress,
  ShadowDesired,
  TakenMark,
  Waiting,
} from '../schemas/generated/types.ts';
import type { Courier } from './courier/courier.ts';
import { type Heard, heardCourier } from './courier/heard-courier.ts';
import type { AgentTime } from './download/metadata.ts';
import { HealthWatch } from './health/watch.ts';
import { ClosedLink } from './interlocks/closed-link.ts';
import { ConsentTerm } from './interlocks/consent-term.ts';
import { gatesOf } from './interlocks/gates.ts';
import { LinkFacts } from './interlocks/link-facts.ts';
import { LinkHours } from './interlocks/link-hours.ts';
import type { Senses } from './interlocks/senses.ts';
import { LinkAccounts } from './links/link-accounts.ts';
import type { ModulesCame } from './links/observed-rate.ts';
import type { AppRuntime } from './runtime/app-runtime.ts';
import type { StateFiles } from './state-files.ts';
import { Activator } from './update/activator.ts';
import { BundleIntake, type BundleState } from './update/bundle-intake.ts';
import { heldNames } from './update/collect.ts';
import type { EngineEvent } from './update/decide.ts';
import { Engine } from './update/engine.ts';
import { Fetcher, Turn } from './update/fetcher.ts';
import { Intake } from './update/intake.ts';
import { knownDesired } from './update/known-desired.ts';
import { lacksModules } from './update/lacking.ts';
import { withoutDamage } from './update/memory-problems.ts';
import { MomentWait } from './update/moment-wait.ts';
import { type Memory, newestSlot, type Slot, targetOf } from './update/state.ts';

/** What updates are made with. */
export interface UpdatesOptions {
  readonly ports: { readonly clock: Clock; readonly disk: Disk; readonly random: Random; readonly log: Log };
  readonly files: StateFiles;
  readonly courier: Courier;
  readonly runtime: AppRuntime;
  readonly time: AgentTime;
  /** What conditions are judged by. */
  readonly senses: Senses;
  /** All that lead out and that connections can be held to, the one that is taken first before the others. */
  readonly interfaces: () => readonly string[];
  /** Whether the device may ask others beside it for modules. */
  readonly hasNeighbours: boolean;
  /** Called before these applications run in the place of others. */
  readonly onApply: (applications: readonly DeployedApplication[]) => void;
  /** Called with what each errand of the courier's proves of the way to the shore. */
  readonly onHeard: (heard: Heard) => void;
  /** Called with what the shore has of what this device had to say, where a bundle tells. */
  readonly onTaken: (marks: readonly TakenMark[]) => void;
  /** Called whenever `memory`, `progress` or `waiting` changed. */
  readonly onChange: () => void;
}

/** The update engine with all that acts for it. */
export interface Updates {
  /** Runs at once what the journal says. */
  boot(): void;
  /** The shadow's desired state, whatever it is. */
  consider(desired: unknown): void;
  /** The last one that was taken, as the shadow has it; undefined where that can't be told. */
  desired(): ShadowDesired | undefined;
  /** The link came back. */
  nudge(): void;
  /** It may have, by what else was seen: what waits is tried now, unless it was just tried for such a reason. */
  wake(): void;
  /** The applications may do better or worse than before. */
  lookAtHealth(): void;
  /** What the engine remembers; its problem gives way to what keeps it from remembering more. */
  memory(): Memory;
  progress(): Progress | undefined;
  /** Why it does not go on now with what it is on its way to. */
  waiting(): Waiting | undefined;
  /** The deployment that it is on its way to and does not run yet. */
  target(): Slot | undefined;
  /** Somebody aboard said whether the target may be activated; whether that is written down, else it will be when the disk takes it. */
  consent(consent: Consent): boolean;
  /** A bundle lies at this path; false while another is being taken. */
  takeBundle(file: string): boolean;
  /** What became of the last one. */
  bundle(): BundleState;
  /** Names of the applications that may run again; undefined while it can't be told. */
  held(): ReadonlySet<string> | undefined;
  /** What was counted on the links that the deployment names; undefined where it names none. */
  links(): readonly LinkReport[] | undefined;
  /** Why the link that leads out may carry no modules now; undefined where it may. */
  closedToModules(): string | undefined;
  /** Neighbours that are asked for nothing for a while; undefined where there are none. */
  neighbours(): readonly NeighbourReport[] | undefined;
  /** Something went over an interface. */
  readonly countTravel: CountTravel;
  /** Something of a module came over an interface. */
  readonly modulesCame: ModulesCame;
  stop(): void;
}

/** A word of the shore, or a link that comes and goes, may end a wait, but not have a device try without end. */
const wakeEveryMs = 60_000;

/** Often enough that hardly ever both copies of something rot in between. */
const scrubEveryMs = 24 * 3_600_000;

function logPhase(log: Log, before: Memory, after: Memory): void {
  const problem = after.damage ?? after.problem;
  if (before.engine.state === after.engine.state && (before.damage ?? before.problem)?.code === problem?.code) return;
  const fields = {
    phase: after.engine.state,
    highest: after.highest.sequence,
    ...(problem && { problem: problem.code }),
  };
  log.write('info', 'engine.phase', fields);
}

/** As a report has room for. */
const asideMax = 32;

/** Those that either of them sets aside, as a report has it. */
function asideReport(fetchers: readonly Pick<Fetcher, 'aside'>[]): readonly NeighbourReport[] | undefined {
  const ours = fetchers.flatMap((one) => one.aside()).filter(({ isStranger }) => isStranger !== true);
  const aside = ours.map(({ untilAt: _untilAt, ...report }) => report);
  const each = [...new Map(aside.map((one) => [one.address, one])).values()];
  return each.length === 0 ? undefined : each.slice(-asideMax);
}

/** Puts the engine and its organs together; nothing happens before `boot`. */
export function createUpdates(options: UpdatesOptions): Updates {
  const { files, runtime, time, onApply, onChange } = options;
  const courier = heardCourier(options.courier, options.onHeard);
  const { clock, disk, random, log } = options.ports;
  const { store, prepared, kept, slots, journal, ledger, partialDirectory } = files;
  let memory = files.memory;
  const emit = (event: EngineEvent): void => engine.dispatch(event);
  const waiting = { clock, random, log, emit, courier };
  const facts = new LinkFacts(options.senses);
  const links = new LinkAccounts({
    ...{ clock, counts: ledger, times: () => ({ nowMs: time.nowMs(), provedMs: ledger.timeFloorMs }) },
    wayOut: () => options.senses.interface(),
    interfaces: options.interfaces,
    isThere: (link) => facts.isThere(link),
    onSpent: () => moments.lookNow(),
  });
  links.setTerms(newestSlot(memory)?.links);
  const closed = new ClosedLink({
    ...{ wayOut: () => links.wayOut(), links: () => newestSlot(memory)?.links },
    times: { clockMs: () => clock.now(), nowMs: time.nowMs },
  });
  const hours = new LinkHours();
  const allowances = () => links.allowances().map((link) => hours.applied(link));
  const exits = () => links.exits().map((exit) => exit.interface);
  const fetching = { ...waiting, onProgress: onChange, turn: new Turn(), allowances, exits };
  const bundles = new BundleIntake({ courier, log, emit, memory: () => memory, onTaken: options.onTaken });
  const fetcher = new Fetcher({ ...fetching, isRepairing: false, bundles });
  // What is damaged is mended at any hour.
  const repairer = new Fetcher({ ...fetching, allowances: () => links.allowances(), isRepairing: true });
  const activator = new Activator({ ...waiting, runtime, store, slots, onApply });
  const health = new HealthWatch(clock, runtime);
  const term = new ConsentTerm({
    ...{ clock, nowMs: time.nowMs, isOver: () => memory.isConsentOver === true },
    onOver: ({ sequence, at }) => engine.dispatch({ kind: 'consent-over', sequence, at }),
  });
  const sight = {
    clockMs: () => clock.now(),
    nowMs: time.nowMs,
    senses: options.senses,
    consent: () => memory.consent,
    links: { wayOut: () => links.wayOut(), exits: () => links.exits(), hours },
    lacksModules: (sequence: number) => lacksModules(store, slots, memory, sequence),
    leftMs: (said: Consent) => term.leftMs(said),
  };
  const moments = new MomentWait({ clock, log, gatesOf: (to, gated) => gatesOf(to, gated, sight), onChange });
  const nudge = (): void => {
    for (const one of [fetcher, repairer, intake]) one.nudge();
    moments.lookNow();
  };
  let wokenAt = Number.NEGATIVE_INFINITY;
  const wake = (): void => {
    // Another link may lead out by now, over which less may go.
    moments.lookNow();
    if (clock.monotonic() - wokenAt < wakeEveryMs) return;
    wokenAt = clock.monotonic();
    nudge();
  };
  const intake = new Intake({ ...waiting, memory: () => memory, onRepeat: wake });
  const remember = (committed: Memory): void => {
    logPhase(log, memory, committed);
    const isSaid = committed.consent !== memory.consent;
    memory = committed;
    links.setTerms(newestSlot(memory)?.links);
    onChange();
    if (isSaid) moments.lookNow();
  };
  const organs = { fetcher, repairer, activator, health, moments, bundles };
  const world = {
    journal,
    ledger,
    slots,
    store,
    prepared,
    kept,
    disk,
    partialDirectory,
    ...organs,
    hasNeighbours: options.hasNeighbours,
    emit,
    momentOver: () => engine.momentOver(),
    memory: () => memory,
    remember,
  };
  const engine = new Engine(world, clock, log, time.nowMs, onChange);
  let nextScrub: Disposable | undefined;
  const scrubLater = (): void => {
    nextScrub = clock.after(scrubEveryMs, () => {
      engine.dispatch({ kind: 'scrub-due' });
      scrubLater();
    });
  };
  return {
    boot: () => {
      engine.dispatch({ kind: 'booted' });
      scrubLater();
    },
    consider: (desired) => intake.consider(desired),
    desired: () => knownDesired(memory, slots),
    nudge,
    wake,
    lookAtHealth: () => health.look(),
    memory: () => (engine.trouble === undefined ? memory : { ...withoutDamage(memory), problem: engine.trouble }),
    progress: () => fetcher.progress(),
    waiting: () => moments.waiting(),
    target: () => targetOf(memory.engine),
    consent: (consent) => {
      engine.dispatch({ kind: 'consented', sequence: consent.sequence, consent });
      return memory.consent === consent;
    },
    takeBundle: (file) => bundles.take(file),
    bundle: () => bundles.state,
    held: () => heldNames(slots, memory),
    links: () => links.report(),
    closedToModules: () => closed.why(),
    neighbours: () => asideReport([fetcher, repairer]),
    countTravel: (bytes, via) => links.count(bytes, via),
    modulesCame: (flow, via) => links.modulesCame(flow, via),
    stop: () => {
      nextScrub?.[Symbol.dispose]();
      links.flush();
      for (const one of [engine, intake, bundles, fetcher, repairer, health, activator, moments]) one.stop();
    },
  };
}
