/**
 * What people ask for, kept by what changed it: a row for every device, counts for fleets and sites, a number for every change.
 * A question costs what it shows; a device that falls silent changes by a timer, not by anybody's looking.
 */
import type { Clock } from '../../platform/ports.ts';
import { Turn } from '../../platform/turn.ts';
import { type Context, observe } from '../engine/context.ts';
import { DueQueue } from '../engine/due-queue.ts';
import type { Image } from '../engine/image.ts';
import { NameQueue } from '../engine/name-queue.ts';
import type { DesiredDevice } from '../manifests/desired.ts';
import { changesAt, judge } from '../planning/device-status.ts';
import { heardAt } from '../planning/heard.ts';
import { isHeld } from '../planning/hold.ts';
import { CertificateEnds } from './certificate-ends.ts';
import { ContactAges } from './contact-ages.ts';
import type { Row } from './row.ts';
import { RunningReleases } from './running-releases.ts';
import { SortedNames } from './sorted-names.ts';
import { Summary } from './summary.ts';

/** Turns in a row in which single names, which come with every commit, go before lists, which the engine works through. */
const listsWaitMax = 64;

/** So many rows are brought up to date by whoever asks. */
const refreshAtOnceMax = 500;

/** A device is otherwise than before. */
export interface Change {
  readonly id: number;
  /** Absent when it is about no device. */
  readonly device?: string;
  readonly state?: Row['state'];
}

export interface ViewParts {
  readonly clock: Clock;
  readonly image: Image;
  readonly context: () => Context;
}

/** Changes that can still be told to who missed them. */
const changesMax = 10_000;

export class View {
  readonly #parts: ViewParts;
  readonly #rows = new Map<string, Row>();
  readonly #dirty = new NameQueue();
  readonly #due = new DueQueue();
  readonly #listeners = new Set<(change: Change) => void>();
  /** Of all devices. */
  readonly summary = new Summary();
  readonly certificates = new CertificateEnds();
  readonly ages = new ContactAges();
  readonly releases = new RunningReleases();
  /** All devices that git names or that were ever heard. */
  readonly names = new SortedNames();
  #changes: Change[] = [];
  #changeId: number;
  #draining: Promise<void> | undefined;
  #turnsOfNames = 0;
  /** Somebody asks, and lists wait no longer. */
  #isAwaited = false;
  #timer: Disposable | undefined;
  #isStopped = false;

  constructor(parts: ViewParts) {
    this.#parts = parts;
    // Above every number of an earlier life, so that who resumes after a restart is not told half of the news.
    this.#changeId = parts.clock.now() * 1_000;
  }

  /** Something is otherwise for these devices; for all, when it is undefined; for none but what is shown beside them, when empty. */
  touch(devices: ReadonlySet<string> | readonly string[] | undefined): void {
    if (devices === undefined) return this.#touchAll();
    if ('size' in devices && devices.size > refreshAtOnceMax) return this.#touchList(devices);
    let isNews = false;
    for (const device of devices) isNews = this.#dirty.add(device) || isNews;
    if (isNews) this.#draining ??= this.#drain();
    else this.#tell({ id: this.#nextId() });
  }

  /** Whoever of a list is touched for another reason too is looked at once. */
  #touchList(devices: Iterable<string>): void {
    const since = this.#changeId;
    this.#dirty.addList(devices, (device) => (this.#rows.get(device)?.changeId ?? 0) > since);
    this.#draining ??= this.#drain();
  }

  #touchAll(): void {
    const { image, context } = this.#parts;
    const { devices } = context().desired;
    if (devices.size + image.devices.size <= refreshAtOnceMax) {
      return this.touch([...devices.keys(), ...image.devices.keys()]);
    }
    this.#touchList(devices.keys());
    this.#dirty.addList(image.devices.keys(), (device) => devices.has(device));
  }

  /** Resolves when every row is as it should be; at once when that is little work. */
  async settled(): Promise<void> {
    while ((this.#dirty.hasLists || this.#dirty.size > refreshAtOnceMax) && !this.#isStopped) {
      this.#isAwaited = true;
      await this.#draining;
    }
    this.#refreshSome(() => false, true);
    this.#arm();
  }

  row(device: string): Row | undefined {
    return this.#rows.get(device);
  }

  /** How many devices there are rows of. */
  get size(): number {
    return this.#rows.size;
  }

  /** The number of the newest change. */
  get changeId(): number {
    return this.#changeId;
  }

  /** Changes after one; undefined when some of them are forgotten already. */
  changesSince(id: number): readonly Change[] | undefined {
    const first = this.#changes[0]?.id ?? this.#changeId + 1;
    if (id > this.#changeId || id < first - 1) return undefined;
    return this.#changes.slice(id - first + 1);
  }

  /** Calls back at every change from now on. */
  listen(listener: (change: Change) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #drain(): Promise<void> {
    const turn = new Turn(this.#parts.clock);
    while (!this.#dirty.isEmpty && !this.#isStopped) {
      await turn.pause();
      const isForNames = this.#dirty.size > 0 && !this.#isAwaited && this.#turnsOfNames < listsWaitMax;
      this.#turnsOfNames = isForNames ? this.#turnsOfNames + 1 : 0;
      this.#refreshSome(turn.isOver, isForNames);
    }
    this.#draining = undefined;
    this.#isAwaited = false;
    this.#arm();
  }

  /** Brings rows up to date until it is enough. */
  #refreshSome(isOver: () => boolean, isForNames: boolean): void {
    const context = this.#parts.context();
    while (isForNames ? this.#dirty.size > 0 : !this.#dirty.isEmpty) {
      const device = this.#dirty.take();
      if (device !== undefined) this.#refresh(device, context);
      if (isOver()) break;
    }
  }

  #rowOf(device: string, desired: DesiredDevice | undefined, context: Context): Row {
    const { image } = this.#parts;
    const observed = observe(image, context, device, desired);
    const { now } = context;
    if (desired !== undefined) {
      const at = changesAt(desired, observed, now);
      if (at === undefined) this.#due.cancel(device);
      else this.#due.schedule(device, at);
    }
    const permitted = desired && context.rollouts.permitted(image, desired, observed, now);
    return {
      state: desired === undefined ? 'removed' : judge(desired, observed, now, context.keyId, permitted).state,
      connected: observed.connected,
      isHeld: desired !== undefined && isHeld(desired, now),
      fleet: desired?.fleet,
      site: desired?.site,
      wave: permitted?.wave,
      runs: image.devices.get(device)?.runs,
      contactAt: heardAt(observed, now),
      changeId: this.#nextId(),
    };
  }

  #refresh(device: string, context: Context): void {
    const { image } = this.#parts;
    const desired = context.desired.devices.get(device);
    const record = image.devices.get(device);
    this.certificates.note(device, desired === undefined ? undefined : record?.certificateEndsAt);
    const isKnown = desired !== undefined || record !== undefined;
    this.#move(device, isKnown ? this.#rowOf(device, desired, context) : undefined);
  }

  #move(device: string, row: Row | undefined): void {
    const before = this.#rows.get(device);
    if (row !== undefined) this.#rows.set(device, row);
    else if (this.#rows.delete(device)) this.#due.cancel(device);
    this.summary.move(device, before, row);
    this.ages.move(before, row);
    this.releases.move(before, row);
    this.names.move(device, before !== undefined, row !== undefined);
    this.#tell(row === undefined ? { id: this.#nextId(), device } : { id: row.changeId, device, state: row.state });
  }

  #nextId(): number {
    this.#changeId += 1;
    return this.#changeId;
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length > 2 * changesMax) this.#changes = this.#changes.slice(-changesMax);
    for (const listener of this.#listeners) listener(change);
  }

  /** Wakes when the next device has been silent for too long. */
  #arm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const { nextAt } = this.#due;
    if (nextAt === undefined || this.#isStopped) return;
    const { clock } = this.#parts;
    // A clock that was set back is noticed within the hour.
    const delayMs = Math.min(Math.max(0, nextAt - clock.now()), 3_600_000);
    this.#timer = clock.after(delayMs, () => this.#silent());
  }

  #silent(): void {
    const { clock } = this.#parts;
    const due: string[] = [];
    for (let name = this.#due.take(clock.now()); name !== undefined; name = this.#due.take(clock.now())) due.push(name);
    if (due.length > 0) this.touch(due);
    else this.#arm();
  }
}
