import { Allowance } from '../platform/allowance.ts';
import type {
  Clock,
  CountTravel,
  Disk,
  LineDoors,
  Log,
  Random,
  Surroundings,
  Ways,
  WaysWatch,
} from '../platform/ports.ts';
import type { CarriedClaim } from '../schemas/carried-messages.ts';
import { answersChannel } from '../schemas/device-answer.ts';
import type {
  AgentConfiguration,
  CarriedMessages,
  DeployedApplication,
  Receipt,
  Report,
} from '../schemas/generated/types.ts';
import { logbookChannel } from '../schemas/logbook-entry.ts';
import { AboardDoor } from './aboard/aboard-door.ts';
import { bundlePace, messagesPace, receiptPace } from './aboard/carried-pace.ts';
import { consentPace } from './aboard/consent-pace.ts';
import { logPace } from './aboard/log-pace.ts';
import type { Courier } from './courier/courier.ts';
import type { OrderParcel } from './courier/forwarded-orders.ts';
import type { CountBytes } from './download/small-file.ts';
import { LatestClock } from './interlocks/latest-clock.ts';
import type { Senses } from './interlocks/senses.ts';
import type { ModulesCame } from './links/observed-rate.ts';
import { Chronicle } from './logbook/chronicle.ts';
import { Outbox } from './outbox/outbox.ts';
import { OwnTime } from './own-time.ts';
import { composeReport } from './report/compose.ts';
import { Flaps } from './report/flaps.ts';
import { linkAfter, linkAtContact, linkAtStart, linkInTrouble } from './report/link-state.ts';
import { Reporter } from './report/reporter.ts';
import { type AgentStatus, readStatus, writeStatus } from './report/status-file.ts';
import { StatusKeeper } from './report/status-keeper.ts';
import { Answering } from './requests/answering.ts';
import { reportSecondsUsual } from './rhythm.ts';
import type { AppRuntime } from './runtime/app-runtime.ts';
import { openStateFiles } from './state-files.ts';
import { defaultStateDirectory, stateLayout } from './state-layout.ts';
import { readIfPossible } from './storage/unreadable.ts';
import type { LinkTrouble } from './transport/link-trouble.ts';
import type { ShadowLink } from './transport/shadow-link.ts';
import { createUpdates } from './updates.ts';

/** What of an agent its courier works with. */
export interface SharedWithCourier {
  readonly time: OwnTime;
  /** Told of every byte it took. */
  readonly countBytes: CountBytes;
  /** Told of what went over which interface. */
  readonly countTravel: CountTravel;
  /** Told of what came of modules. */
  readonly modulesCame: ModulesCame;
  /** The interface that leads out now; undefined where none does. */
  readonly wayOut: () => string | undefined;
  readonly orderParcel: OrderParcel;
  /** Where the module with a digest lies. */
  readonly pathOf: (sha256: string) => string;
}

/** What an agent is made of; everything it does goes through these. */
export interface AgentOptions {
  readonly ports: { readonly clock: Clock; readonly disk: Disk; readonly random: Random; readonly log: Log };
  readonly configuration: AgentConfiguration;
  readonly runtime: AppRuntime;
  readonly link: ShadowLink;
  readonly ways: Ways;
  readonly surroundings: Surroundings;
  readonly doors: LineDoors;
  /** Opens what goes out for the agent. */
  readonly openCourier: (shared: SharedWithCourier) => Courier;
  /** Signs a report by the device's key; undefined where it has none. */
  readonly signReceipt: (report: Report) => Receipt | undefined;
  /** Signs what it has for the shore, as the report. */
  readonly signMessages: (claim: CarriedClaim) => CarriedMessages | undefined;
  readonly agentVersion: string;
  /** Another number at each start of the machine; 0 where it does not say. */
  readonly machineBoot: number;
  /** Told of each reason for which there is no connection. */
  readonly onTrouble?: (trouble: LinkTrouble) => void;
  /** Called when the shore answers an errand of the courier's, and does not take this device's certificate. */
  readonly onNotLetIn?: () => void;
  /** Called whenever something happened that may have left garbage in memory. */
  readonly onActivity?: () => void;
}

export interface Agent {
  /** Runs at once what the disk says, and connects. */
  start(): void;
  /** Stops connecting, fetching and judging, and all applications. What it was doing goes on at the next start. */
  stop(): Promise<void>;
  status(): AgentStatus;
  /** Why the link that leads out may carry no modules now; undefined where one may. */
  closedToModules(): string | undefined;
}

function speaksToShore({ channels }: DeployedApplication): boolean {
  return Object.values(channels?.out ?? {}).some(({ shore }) => shore !== undefined);
}

function asksNeighbours({ neighbours: { known = [], discover = [] } = {} }: AgentConfiguration): boolean {
  return known.length > 0 || discover.length > 0;
}

/** Of the file of a fact: more than any value takes. */
const factBytesMax = 512;

/** Enough that no two machines under one name draw the same. */
const bootIdBytes = 8;

/**
 * Opens the state directory and puts the agent together; nothing runs before `start`. Throws when the directory
 * can't be used.
 */
export function createAgent(options: AgentOptions): Agent {
  const { ports, configuration, runtime, link, ways, surroundings, doors, openCourier, agentVersion, machineBoot } =
    options;
  const { onActivity = () => {} } = options;
  const { clock, disk, random, log } = ports;
  const stateDirectory = configuration.stateDirectory ?? defaultStateDirectory;
  const files = openStateFiles(disk, stateDirectory);
  const { ledger, store } = files;
  const time = new OwnTime(clock, ledger, () => changed());
  const factsDirectory = configuration.factsDirectory ?? stateLayout(stateDirectory).factsDirectory;
  const factPath = (name: string): string => `${factsDirectory}/${name}`;
  const latest = new LatestClock(clock, { clockMs: () => clock.now(), nowMs: time.nowMs });
  const senses: Senses = {
    ...{ clockMs: () => clock.now(), latestMs: () => latest.nowMs(), monotonicMs: () => clock.monotonic(), factPath },
    factFile: (name) => surroundings.leftText(factPath(name), factBytesMax),
    published: (application) => runtime.states().find(({ name }) => name === application)?.facts,
    isConnected: () => linkState.connected,
    interface: () => surroundings.interface(),
    power: () => surroundings.power(),
  };
  const courier = openCourier({
    time,
    countBytes: (bytes) => ledger.countBytes(bytes),
    countTravel: (bytes, via) => updates.countTravel(bytes, via),
    modulesCame: (flow, via) => updates.modulesCame(flow, via),
    wayOut: () => surroundings.interface(),
    orderParcel: (order) => link.orderParcel(order),
    pathOf: (sha256) => store.pathOf(sha256),
  });
  const updates = createUpdates({
    ...{ ports, files, runtime, time, senses, hasNeighbours: asksNeighbours(configuration) },
    interfaces: () => surroundings.interfaces(),
    courier,
    // What HTTPS finds is evidence for MQTT where it is news.
    onHeard: (heard) => {
      if (heard === 'not-let-in') options.onNotLetIn?.();
      else if ((heard === 'answered') !== linkState.connected) link.lookAgain();
    },
    onTaken: (marks) => outbox.taken(marks),
    onApply: (applications) => outbox.expect(applications.some(speaksToShore)),
    onChange: () => {
      onActivity();
      changed();
    },
  });
  const { bytesPerDay } = configuration.outbox ?? {};
  const { outboxDirectory, logbookDirectory } = stateLayout(stateDirectory);
  const outbox = new Outbox({
    ...{ ...ports, directory: outboxDirectory, own: { ...logbookChannel, directory: logbookDirectory } },
    send: (part) => link.sendBatchPart(part),
    urgent: () => (!reporter.isSettled ? 'report' : updates.progress() === undefined ? undefined : 'update'),
    held: () => {
      const held = updates.held();
      return held && new Set([...held, answersChannel.application]);
    },
    onChange: () => changed(),
    ...(bytesPerDay === undefined ? {} : { bytesPerDay }),
  });
  const answering = new Answering({
    ...{ ...ports, courier, stateDirectory },
    onAnswered: () => outbox.noted(),
  });
  const flaps = new Flaps(clock);
  const boot = { id: Buffer.from(random.bytes(bootIdBytes)).toString('hex'), number: ledger.bootNumber };
  const compose = (counter: number): Report =>
    composeReport({
      ...{ agentVersion, boot, counter, memory: updates.memory(), progress: updates.progress() },
      waiting: flaps.waiting(updates.waiting()),
      applications: runtime.states().map(({ written: _written, ...report }) => flaps.application(report)),
      hostDeath: runtime.lastDeath(),
      ...{ outbox: outbox.report(), links: updates.links(), neighbours: updates.neighbours(), asks: link.asks },
      ...{ through: linkState.through, clock: time.doubt() },
      bytesReceived: ledger.bytesReceived,
      nowMs: time.nowMs(),
    });
  let linkState = linkAtStart(readIfPossible(() => readStatus(disk, files.directory)));
  const status = (): AgentStatus => ({ device: configuration.device, ...linkState, report: reporter.current() });
  const atNow = (): string => new Date(time.nowMs()).toISOString();
  const keeper = new StatusKeeper({
    ...{ clock, log, status },
    leave: (newest) => {
      onActivity();
      writeStatus(disk, files.directory, newest);
    },
  });
  const changed = (): void => {
    flaps.look(runtime.states(), updates.waiting());
    keeper.changed();
    reporter.changed();
    chronicle.changed();
  };
  const reporter = new Reporter({
    ...{ clock, random, log, link, compose },
    onHeardAgain: () => updates.wake(),
    onAccepted: (sentMs) => outbox.heard(sentMs),
    onUnsaid: () => link.unsaid?.(),
    intervalMs: () =>
      (configuration.reportIntervalSeconds ?? reportSecondsUsual[link.isFollowed ? 'followed' : 'untold']) * 1000,
  });
  const chronicle = new Chronicle({
    ...{ ports, directory: logbookDirectory, boot: boot.number, agentVersion, machine: machineBoot, nowMs: time.nowMs },
    report: () => reporter.current(),
    onNoted: () => outbox.noted(),
  });
  const aboard = new AboardDoor({
    ...{ doors, log, path: configuration.socket ?? stateLayout(stateDirectory).socketPath },
    world: {
      ...{ device: configuration.device, report: () => reporter.current(), nowMs: time.nowMs },
      ...{ carriedReport: () => reporter.carried(), signReceipt: options.signReceipt },
      ...{ carriedMessages: (after) => outbox.carried(after), signMessages: options.signMessages },
      ...{ takeBundle: (file) => updates.takeBundle(file), bundle: () => updates.bundle() },
      ...{
        target: () => updates.target(),
        keep: (consent) => updates.consent(consent),
        pace: new Allowance(clock, consentPace),
      },
      ...{ bundlePace: new Allowance(clock, bundlePace), receiptPace: new Allowance(clock, receiptPace) },
      ...{ messagesPace: new Allowance(clock, messagesPace), logPace: new Allowance(clock, logPace) },
      writeLog: (application) => runtime.writeLog(application),
      wake: () => link.wake(),
    },
  });
  let watch: WaysWatch | undefined;
  const onWays = (): void => {
    link.lookAgain();
    updates.wake();
  };
  const onConnection = (isConnected: boolean, through?: string): void => {
    linkState = linkAfter(linkState, isConnected, atNow(), through);
    onActivity();
    chronicle.connection(isConnected);
    keeper.changed();
    watch?.attend(isConnected ? 'easy' : 'close');
    reporter.connection(isConnected);
    outbox.connection(isConnected);
    if (!isConnected) return;
    updates.nudge();
    answering.nudge();
  };
  const onContact = (through?: string): void => {
    linkState = linkAtContact(linkState, link.asks, atNow(), through);
    onActivity();
    // A connection that should be there, and is not, stays lost.
    if (link.asks?.why === 'plan') chronicle.contact();
    keeper.changed();
    updates.nudge();
  };
  const onTrouble = (trouble: LinkTrouble): void => {
    linkState = linkInTrouble(linkState, trouble, atNow());
    options.onTrouble?.(trouble);
    chronicle.trouble(trouble);
    keeper.changed();
  };

  return {
    start: () => {
      runtime.onChange(() => {
        updates.lookAtHealth();
        changed();
      });
      chronicle.start();
      updates.boot();
      keeper.changed();
      files.kept.removeRest();
      outbox.start();
      watch = ways.watch(onWays);
      aboard.start();
      const desired = updates.desired();
      link.start({
        ...(desired === undefined ? {} : { desired }),
        onDesired: (desired) => {
          updates.consider(desired);
          answering.consider(desired);
        },
        onBatchAnswer: (payload) => outbox.answered(payload),
        ...{ onConnection, onContact, onTrouble, onOccasion: () => reporter.occasion() },
        onOutlet: (isOpen) => outbox.connection(isOpen),
        countTravel: updates.countTravel,
      });
    },
    stop: async () => {
      updates.stop();
      answering.stop();
      reporter.stop();
      keeper.stop();
      chronicle.stop();
      watch?.[Symbol.dispose]();
      watch = undefined;
      outbox.stop();
      await aboard.stop();
      await link.stop();
      await runtime.stop();
    },
    status,
    closedToModules: () => updates.closedToModules(),
  };
}
