import type { ChildProcess, Clock, Log, Processes, Random } from '../../../platform/ports.ts';
import { backoffMs } from '../restart.ts';
import { DropCount } from './drop-count.ts';
import { underwayMax } from './entrance.ts';
import {
  type Answer,
  type Ask,
  type HttpAnswer,
  type HttpAsk,
  parseFromDoor,
  type Route,
  type ToDoor,
} from './messages.ts';

/** Where the door is. */
export interface DoorPlace {
  /** Its program. */
  readonly file: string;
  readonly host: string;
  readonly port: number;
}

/** What the relay needs. */
export interface RelayOptions extends DoorPlace {
  readonly processes: Pick<Processes, 'start'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onStart: (pid: number) => void;
  /** Called when `fault` is another. */
  readonly onFault: () => void;
  /** Hands a request to the host of its application; gives that host, or undefined where there is none. */
  readonly ask: (ask: Ask) => string | undefined;
  /** Requests were refused, by application: for want of room, or because nobody was there or stayed to answer. */
  readonly onDropped: (counts: Readonly<Record<string, number>>) => void;
}

/** A request of the supervisor's own. */
interface Probe {
  readonly host: string;
  settle(answer: HttpAnswer): void;
}

interface Asked {
  readonly host: string;
  readonly doorId: number;
  readonly application: string;
}

/** The supervisor's end of the door: keeps it running while anybody is to be asked, and who still owes an answer. */
export class HttpRelay {
  readonly #options: RelayOptions;
  readonly #underway = new Map<number, Asked>();
  readonly #probes = new Map<number, Probe>();
  readonly #drops: DropCount;
  #routes: readonly Route[] = [];
  #door: ChildProcess | undefined;
  #again: Disposable | undefined;
  #attempt = 0;
  #lastId = 0;
  /** Where it listens; undefined while it does not. */
  port: number | undefined;
  #fault: string | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#drops = new DropCount(options.clock, options.onDropped);
  }

  /** Why nobody can ask; undefined where somebody can, or will be able to at once. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Who answers where from now on. */
  serve(routes: readonly Route[]): void {
    this.#routes = routes;
    if (routes.length === 0) return this.stop();
    if (this.#door === undefined && this.#again === undefined) this.#start();
    else this.#door?.send({ kind: 'routes', routes } satisfies ToDoor);
  }

  /** A host has an answer; one that was not asked has none. */
  answered(host: string, { id, answer }: Answer): void {
    if (this.#underway.get(id)?.host === host) this.#settle(id, answer);
    if (this.#probes.get(id)?.host === host) this.#settleProbe(id, answer);
  }

  /** A host died, and with it what it was asked. */
  died(host: string): void {
    for (const [id, asked] of [...this.#underway]) if (asked.host === host) this.#settle(id, { kind: 'absent' });
    for (const [id, probe] of [...this.#probes]) if (probe.host === host) this.#settleProbe(id, { kind: 'absent' });
  }

  /** Asks an application itself, past the door; what comes of it counts for nobody. */
  probe(application: string, ask: HttpAsk): Promise<HttpAnswer> {
    this.#lastId += 1;
    const id = this.#lastId;
    const host = this.#options.ask({ kind: 'ask', id, application, ask });
    if (host === undefined) return Promise.resolve({ kind: 'absent' });
    return new Promise((settle) => this.#probes.set(id, { host, settle }));
  }

  #settleProbe(id: number, answer: HttpAnswer): void {
    this.#probes.get(id)?.settle(answer);
    this.#probes.delete(id);
  }

  stop(): void {
    for (const id of [...this.#probes.keys()]) this.#settleProbe(id, { kind: 'absent' });
    this.#again?.[Symbol.dispose]();
    this.#again = undefined;
    const door = this.#door;
    this.#door = undefined;
    door?.kill('SIGKILL');
    this.#underway.clear();
    this.port = undefined;
    this.#fault = undefined;
  }

  #start(): void {
    const { processes, file, host, port, onStart } = this.#options;
    const door = processes.start(file, [host, String(port)], {});
    this.#again = undefined;
    this.#door = door;
    if (door.pid > 0) onStart(door.pid);
    door.onMessage((value) => this.#hear(door, value));
    door.onExit(({ code, signal, fault }) => this.#ended(door, fault ?? signal ?? `code ${code}`));
    door.send({ kind: 'routes', routes: this.#routes } satisfies ToDoor);
  }

  #hear(door: ChildProcess, value: unknown): void {
    const message = parseFromDoor(value);
    if (message === undefined) this.#options.log.write('warn', 'runtime.door.nonsense', { pid: door.pid });
    if (message === undefined || door !== this.#door) return;
    if (message.kind === 'ask') return this.#ask(message);
    if (message.kind === 'deaf') return this.#setFault(message.message);
    if (message.kind === 'dropped') return this.#dropped(message.counts);
    this.#setFault(undefined);
    this.#attempt = 0;
    this.port = message.port;
    this.#options.log.write('info', 'runtime.door.listening', { port: message.port });
  }

  #setFault(fault: string | undefined): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    this.#options.onFault();
  }

  #dropped({ '': unread = 0, ...counts }: Readonly<Record<string, number>>): void {
    if (unread > 0) this.#options.log.write('warn', 'runtime.door.full', { connections: unread });
    // A door is not believed about others than those it leads to.
    for (const { application } of this.#routes) {
      const count = counts[application];
      if (count !== undefined) this.#drops.add(application, count);
    }
  }

  #ask({ id: doorId, application, ask }: Ask): void {
    if (this.#underway.size >= underwayMax) return this.#refuse(doorId, application, 'busy');
    this.#lastId += 1;
    const id = this.#lastId;
    const host = this.#options.ask({ kind: 'ask', id, application, ask });
    if (host === undefined) this.#refuse(doorId, application, 'absent');
    else this.#underway.set(id, { host, doorId, application });
  }

  #refuse(doorId: number, application: string, kind: 'busy' | 'absent'): void {
    this.#drops.add(application);
    this.#tell(doorId, { kind });
  }

  #settle(id: number, answer: HttpAnswer): void {
    const asked = this.#underway.get(id);
    this.#underway.delete(id);
    if (asked === undefined) return;
    // Hosts count what found no room there; that an application was gone they can't always tell any more.
    if (answer.kind === 'absent') this.#drops.add(asked.application);
    this.#tell(asked.doorId, answer);
  }

  #tell(id: number, answer: HttpAnswer): void {
    this.#door?.send({ kind: 'answer', id, answer } satisfies ToDoor);
  }

  #ended(door: ChildProcess, how: string): void {
    if (door !== this.#door) return;
    const { clock, random, log, host, port } = this.#options;
    this.#door = undefined;
    this.#underway.clear();
    this.port = undefined;
    const delayMs = backoffMs(this.#attempt, random.fraction());
    this.#attempt += 1;
    const why = this.#fault ?? how;
    log.write('warn', 'runtime.door.ended', { host, port, how: why, restartInMs: delayMs });
    this.#setFault(why);
    this.#again = clock.after(delayMs, () => this.#start());
  }
}
