import type { ChildProcess, Clock, CountTravel, Log, Processes, Random } from '../../platform/ports.ts';
import { backoffMs } from '../runtime/restart.ts';
import type { FromDoor, ToDoor } from './messages.ts';
import type { Want } from './wants.ts';

/** What the keeper needs. */
export interface DoorKeeperOptions {
  readonly processes: Pick<Processes, 'start'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The door's program and its arguments. */
  readonly file: string;
  readonly args: readonly string[];
  /** Told what goes over a link for others; where the door lets none through, nobody is. */
  readonly countTravel?: CountTravel;
  /** Why the link that leads out may carry no modules now. */
  readonly closed?: () => string | undefined;
}

/** A link's hours begin and end without anybody saying so. */
const lookMs = 60_000;

/** The supervisor's end of the door for neighbours: keeps its process running. */
export class DoorKeeper {
  readonly #options: DoorKeeperOptions;
  #door: ChildProcess | undefined;
  #again: Disposable | undefined;
  #attempt = 0;
  #wants: readonly Want[] = [];
  /** What the door was told last. */
  #closed: string | undefined;
  #look: Disposable | undefined;
  #isStopped = false;

  constructor(options: DoorKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#isStopped) return;
    const { processes, file, args } = this.#options;
    const door = processes.start(file, args);
    let why: string | undefined;
    this.#again = undefined;
    this.#door = door;
    door.onMessage((value) => {
      const message = value as FromDoor;
      if (message.kind === 'deaf') why = message.why;
      else if (message.kind === 'listening') this.#listens(message.port);
      else this.#travelled(message);
    });
    door.onExit(({ code, signal, fault }) => {
      if (this.#door === door) this.#ended(why ?? fault ?? signal ?? `code ${code}`);
    });
  }

  /** Has neighbours told what this device wants by now. */
  want(wants: readonly Want[]): void {
    this.#wants = wants;
    this.#door?.send({ kind: 'wants', wants } satisfies ToDoor);
  }

  stop(): void {
    this.#isStopped = true;
    this.#again?.[Symbol.dispose]();
    this.#look?.[Symbol.dispose]();
    const door = this.#door;
    this.#door = undefined;
    door?.kill('SIGKILL');
  }

  #listens(port: number): void {
    this.#attempt = 0;
    if (this.#wants.length > 0) this.want(this.#wants);
    this.#options.log.write('info', 'neighbours.listening', { port });
    this.#closed = undefined;
    this.#tellClosed();
  }

  #travelled({ bytes, via }: Extract<FromDoor, { readonly kind: 'travelled' }>): void {
    this.#options.countTravel?.(bytes, via);
    this.#tellClosed();
  }

  #tellClosed(): void {
    const { clock, closed } = this.#options;
    this.#look?.[Symbol.dispose]();
    if (closed === undefined) return;
    const why = closed();
    if (why !== this.#closed)
      this.#door?.send({ kind: 'closed', ...(why === undefined ? {} : { why }) } satisfies ToDoor);
    this.#closed = why;
    this.#look = clock.after(lookMs, () => this.#tellClosed());
  }

  #ended(why: string): void {
    const { clock, random, log } = this.#options;
    this.#door = undefined;
    this.#look?.[Symbol.dispose]();
    const restartInMs = backoffMs(this.#attempt, random.fraction());
    this.#attempt += 1;
    log.write('warn', 'neighbours.door-ended', { why, restartInMs });
    this.#again = clock.after(restartInMs, () => this.start());
  }
}
