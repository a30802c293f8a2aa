/**
 * Programs run by a process that stays small. To start one, a process is copied first, at least the tables of its memory, while it
 * stands still: that takes a process that has grown to a gigabyte a tenth of a second. So one is started before, and starts all others.
 *
 *     us ── run, stop ──► program-starter-main.ts ──► the program
 *        ◄── output, ended ──┘
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProgramResult, Programs, RunOptions } from '../ports.ts';
import { type RunTerms, runSpooled } from './run-program.ts';

/** What the process is asked. */
export type StarterOrder =
  | {
      readonly kind: 'run';
      readonly run: number;
      readonly name: string;
      readonly args: readonly string[];
      readonly terms: RunTerms;
      /** A file that is open here, under this descriptor, and takes what the program prints. */
      readonly into?: number | undefined;
    }
  | { readonly kind: 'stop'; readonly run: number };

/** What it answers: what a program printed, part by part where that is not in a file, then how it ended. */
export type StarterNews =
  | { readonly kind: 'output'; readonly run: number; readonly part: Uint8Array }
  | { readonly kind: 'ended'; readonly run: number; readonly result: Omit<ProgramResult, 'output'> };

interface Run {
  readonly output: Uint8Array[];
  readonly end: (result: Omit<ProgramResult, 'output'>) => void;
}

const program = fileURLToPath(new URL('program-starter-main.ts', import.meta.url));

/** One life of the process. Programs that run when it ends have ended without a code. */
class Starter {
  readonly #child: ChildProcess;
  readonly #runs = new Map<number, Run>();
  #lastRun = 0;
  #isGone = false;

  /** Throws what keeps it from starting. */
  constructor() {
    this.#child = fork(program, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (news: StarterNews) => this.#take(news));
    this.#child.on('error', (error) => this.#ended(error.message));
    this.#child.on('exit', (code, signal) => this.#ended(`it ended with ${signal ?? code}`));
    this.#child.unref();
    this.#child.channel?.unref();
  }

  get isThere(): boolean {
    return !this.#isGone && this.#child.connected;
  }

  async run(
    name: string,
    args: readonly string[],
    { signal, ...terms }: RunOptions,
    into?: number,
  ): Promise<ProgramResult> {
    signal.throwIfAborted();
    this.#lastRun += 1;
    const run = this.#lastRun;
    const stop = (): void => this.#say({ kind: 'stop', run });
    signal.addEventListener('abort', stop, { once: true });
    this.#child.channel?.ref();
    try {
      const result = await new Promise<ProgramResult>((resolve) => {
        const output: Uint8Array[] = [];
        this.#runs.set(run, { output, end: (how) => resolve({ ...how, output: Buffer.concat(output) }) });
        this.#say({ kind: 'run', run, name, args, terms, into });
      });
      signal.throwIfAborted();
      return result;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#runs.delete(run);
      if (this.#runs.size === 0) this.#child.channel?.unref();
    }
  }

  /** One that is gone hears nothing; that is told elsewhere. */
  #say(order: StarterOrder): void {
    if (this.isThere) this.#child.send(order, () => {});
  }

  #take(news: StarterNews): void {
    const run = this.#runs.get(news.run);
    if (news.kind === 'output') run?.output.push(news.part);
    else run?.end(news.result);
  }

  #ended(why: string): void {
    this.#isGone = true;
    for (const { output, end } of this.#runs.values()) {
      output.length = 0;
      end({ code: undefined, complaint: `the process that runs programs is gone: ${why}` });
    }
  }

  /** What still runs is ended. */
  end(): void {
    if (this.isThere) this.#child.disconnect();
  }
}

/** Runs programs by a process of its own, which is started now, and anew when it is needed and gone. */
export class ProgramStarter implements Pick<Programs, 'run'>, Disposable {
  #starter = new Starter();

  readonly run: Programs['run'] = (name, args, options) =>
    runSpooled(
      options,
      (descriptor) => this.#runNow(name, args, options, descriptor),
      () => this.#runNow(name, args, options),
    );

  /** Whether the process is there counts as the program is started: while a file was opened for it, it may have ended. */
  async #runNow(...run: Parameters<Starter['run']>): Promise<ProgramResult> {
    try {
      if (!this.#starter.isThere) this.#starter = new Starter();
    } catch (error) {
      return { code: undefined, output: new Uint8Array(), complaint: String(error) };
    }
    return this.#starter.run(...run);
  }

  [Symbol.dispose](): void {
    this.#starter.end();
  }
}
