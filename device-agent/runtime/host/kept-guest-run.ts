import { UncapturableState } from '../../../artifact/snapshot/show-state.ts';
import { SnapshotError } from '../../../artifact/snapshot/snapshot.ts';
import { lineOutput } from '../primitives/streams.ts';
import type { HostedApplication } from '../protocol.ts';
import type { RunEnd } from '../run-end.ts';
import { QuietInstance } from '../snapshot/quiet-instance.ts';
import type { CompiledApplication } from './compiled-modules.ts';
import { EventStreams } from './event-streams.ts';
import { type GuestEnd, type GuestWork, type MadeGuest, runByItself } from './guest.ts';
import type { Entry } from './guest-instances.ts';
import { GuestRun, type RunPorts } from './guest-run.ts';
import type { Captured, EventInput, KeptHandlers, KeptRun } from './launch.ts';

const returned = (exitCode: number) => ({ kind: 'resident', exitCode }) as const;

/** A guest that stays after it was started, or where it went on from a snapshot, and is called for its events. */
export class KeptGuestRun implements KeptRun {
  readonly #handlers: KeptHandlers;
  readonly #handler: string;
  readonly #streams: EventStreams;
  readonly #run: GuestRun;
  /** Where its state can be captured. */
  #quiet: QuietInstance | undefined;
  #uncapturable = 'its manifest does not ask for that';
  /** What those before it spent. */
  #fuelBefore = 0;

  constructor(application: HostedApplication, handlers: KeptHandlers, state: Uint8Array | undefined, ports: RunPorts) {
    this.#handlers = handlers;
    this.#handler = application.events?.handler ?? '';
    const { onOutput } = handlers;
    this.#streams = new EventStreams(
      lineOutput((bytes) => onOutput('stdout', bytes)),
      application.env,
    );
    const onEnd = (end: GuestEnd): void => (end.kind === 'resident' ? handlers.onReady() : handlers.onEnd(end));
    const start = (compiled: CompiledApplication): GuestWork<GuestEnd> => {
      return (made) => this.#start(made, compiled, state);
    };
    const told = { onStarted: () => {}, onOutput, onEnd };
    this.#run = new GuestRun({ application, handlers: told, input: this.#streams, start }, ports);
  }

  async handle(event: EventInput): Promise<RunEnd | undefined> {
    this.#streams.begin(event);
    const end = await this.#run.again(async ({ instance, call }) => {
      const result = await call(instance.exports[this.#handler] as Entry);
      return returned(Number(result ?? 0));
    });
    this.#streams.end();
    if (end?.kind === 'resident') return { kind: 'exited', exitCode: end.exitCode };
    if (end !== undefined) this.#handlers.onEnd(end);
    return end;
  }

  async capture(): Promise<Captured> {
    let captured: Captured = { kind: 'refused', message: this.#uncapturable };
    await this.#run.again(async () => {
      captured = this.#captured();
      return returned(0);
    });
    return captured;
  }

  stop(): Promise<void> {
    return this.#run.stop();
  }

  relink(application: HostedApplication): Promise<boolean> {
    return this.#run.relink(application);
  }

  usage() {
    return this.#run.usage();
  }

  async #start(made: MadeGuest, { state }: CompiledApplication, file: Uint8Array | undefined): Promise<GuestEnd> {
    if (state?.kind === 'carriable') this.#quiet = new QuietInstance(made.instance, state.carriable, made.program);
    else if (state !== undefined) this.#uncapturable = state.reason;
    if (file !== undefined && this.#hasGoneOn(file)) return returned(0);
    return runByItself(made);
  }

  /** Whether it is where that state was. */
  #hasGoneOn(file: Uint8Array): boolean {
    try {
      if (this.#quiet === undefined) throw new SnapshotError(this.#uncapturable);
      this.#fuelBefore = this.#quiet.restore(file);
      return true;
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      this.#handlers.onAfresh(error.message);
      return false;
    }
  }

  #captured(): Captured {
    try {
      if (this.#quiet === undefined) return { kind: 'refused', message: this.#uncapturable };
      return { kind: 'captured', snapshot: this.#quiet.snapshot(this.#fuelBefore + this.#run.usage().fuelSpent) };
    } catch (error) {
      if (!(error instanceof UncapturableState || error instanceof SnapshotError)) throw error;
      return { kind: 'refused', message: error.message };
    }
  }
}
