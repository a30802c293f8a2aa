import { makeDirectoryDurably } from '../../platform/durable-file.ts';
import { type Clock, type Disk, DiskError, type Log, type Random } from '../../platform/ports.ts';
import type { HostDeath, Report } from '../../schemas/generated/types.ts';
import { eventsBetween } from '../../schemas/report-events.ts';
import type { LinkTrouble } from '../transport/link-trouble.ts';
import { Absence } from './absence.ts';
import { ClockWatch } from './clock-watch.ts';
import { LifeFile } from './life-file.ts';
import { beatMs } from './limits.ts';
import { Logbook } from './logbook.ts';
import { type LifeNote, startEntry } from './past-life.ts';
import { afterStart, fullAllowance, grown, type StartAllowance } from './start-allowance.ts';

/** What it stands on. */
export interface ChronicleOptions {
  readonly ports: { readonly clock: Clock; readonly disk: Disk; readonly random: Random; readonly log: Log };
  /** Where the logbook lies. */
  readonly directory: string;
  readonly boot: number;
  readonly agentVersion: string;
  /** Which start of the machine this is: another number at each, 0 where it does not say. */
  readonly machine: number;
  /** The agent's own time, in milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** As things are now. */
  readonly report: () => Report;
  readonly onNoted: () => void;
}

/** Of what reports tell, that by which a device is otherwise than before. What it is on the way to is told when it is there. */
const unnoted: ReadonlySet<string> = new Set(['PHASE_IDLE', 'PHASE_FETCHING', 'PHASE_STAGED', 'PHASE_WAITING']);

function deathWords({ host, how, applications, suspects }: HostDeath): string {
  const ran = applications.map(({ name }) => name).join(', ');
  const blame = suspects.length === 0 ? 'nobody is held to have done it' : `it was ${suspects.join(' or ')}`;
  return `its process ${host}, which ran ${ran === '' ? 'nothing' : ran}, ended by ${how}; ${blame}`;
}

/**
 * Sees to it that the logbook has what happened while nobody could see it: how lives of the agent ended, ends of processes, clocks that
 * jump, times without a connection, and what changed in them. What changes while there is a connection the report tells.
 */
export class Chronicle {
  readonly #options: ChronicleOptions;
  readonly #logbook: Logbook;
  readonly #life: LifeFile;
  readonly #absence: Absence;
  readonly #clockWatch: ClockWatch;
  #told: Report | undefined;
  #starts: StartAllowance;
  /** One start too many: until this life has lasted it is worth no more words than the others. */
  #isMute = false;
  #beat: Disposable | undefined;

  constructor(options: ChronicleOptions) {
    const { ports, directory, nowMs, boot, onNoted } = options;
    this.#options = options;
    this.#logbook = new Logbook({ ...ports, directory, nowMs, boot, onNoted });
    this.#life = new LifeFile(directory, ports.disk);
    const note: Logbook['note'] = (code, message, atMs) => this.#note(code, message, atMs);
    this.#absence = new Absence({ clock: ports.clock, nowMs, note });
    this.#clockWatch = new ClockWatch(ports.clock, note);
    this.#starts = fullAllowance(nowMs());
  }

  /** Before anything else is done: what the start itself changes is noted too. */
  start(): void {
    const { ports, directory, report } = this.#options;
    const left = this.#attempt(() => this.#life.read());
    if (left !== undefined) this.#follow(left);
    this.#told = report();
    this.#attempt(() => {
      makeDirectoryDurably(ports.disk, directory);
      this.#life.turn(this.#lifeNote(false));
    });
    this.#absence.start();
    this.#beatLater();
  }

  /** There was a life before. */
  #follow(left: LifeNote | 'torn'): void {
    const { machine, nowMs, agentVersion } = this.#options;
    const { code, message } = startEntry(left, machine, agentVersion, nowMs());
    const before = left === 'torn' ? this.#starts : left.starts;
    const { isNoted, ...starts } = afterStart(before, nowMs());
    this.#starts = starts;
    this.#isMute = !isNoted;
    const more = before.passedOver === 0 ? '' : `; ${before.passedOver} starts before it were not written down`;
    this.#note(code, `${message}${more}`);
    if (left !== 'torn') this.#clockWatch.since(left.aliveMs);
  }

  /** Something that reports tell may have changed. */
  changed(): void {
    if (this.#told === undefined) return;
    const before = this.#told;
    const after = this.#options.report();
    this.#told = after;
    const { hostDeath } = after;
    if (hostDeath !== undefined && hostDeath.count !== before.hostDeath?.count) {
      this.#note('HOST_DIED', deathWords(hostDeath));
    }
    if (!this.#absence.isAway) return;
    for (const { code, message } of eventsBetween(before, after, after.at)) {
      if (!unnoted.has(code)) this.#note(code, message);
    }
  }

  connection(isConnected: boolean): void {
    if (this.#told === undefined) return;
    this.#clockWatch.look();
    this.#absence.connection(isConnected);
  }

  /** The shore has answered a device that has no session. */
  contact(): void {
    if (this.#told === undefined) return;
    this.#clockWatch.look();
    this.#absence.contact();
  }

  trouble(trouble: LinkTrouble): void {
    this.#absence.trouble(trouble);
  }

  /** It was told to stop. */
  stop(): void {
    this.#beat?.[Symbol.dispose]();
    this.#absence.stop();
    this.#told = undefined;
    this.#attempt(() => this.#life.turn(this.#lifeNote(true)));
  }

  #note(code: string, message: string, atMs?: number): void {
    if (!this.#isMute) this.#logbook.note(code, message, atMs);
  }

  #beatLater(): void {
    this.#beat = this.#options.ports.clock.after(beatMs, () => {
      this.#isMute = false;
      this.#clockWatch.look();
      this.#starts = grown(this.#starts, this.#options.nowMs());
      this.#attempt(() => this.#life.beat(this.#lifeNote(false)));
      this.#beatLater();
    });
  }

  #lifeNote(isStopped: boolean): LifeNote {
    return { isStopped, aliveMs: this.#options.nowMs(), machine: this.#options.machine, starts: this.#starts };
  }

  /** What fails here keeps no agent from its work. */
  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#options.ports.log.write(error instanceof DiskError ? 'warn' : 'error', 'logbook.failed', { error });
      return undefined;
    }
  }
}
