import { migration } from '../../../artifact/linking/module-use.ts';
import { UncapturableState } from '../../../artifact/snapshot/show-state.ts';
import { SnapshotError } from '../../../artifact/snapshot/snapshot.ts';
import { DiskError } from '../../../platform/ports.ts';
import { Gathered } from '../primitives/gathered.ts';
import { emptyInput, inputOf, lineOutput } from '../primitives/streams.ts';
import { inStretches } from '../primitives/stretches.ts';
import type { HostedApplication } from '../protocol.ts';
import { failureOf, notTakenOver, type RunEnd } from '../run-end.ts';
import type { KeptState } from '../snapshot/kept-state.ts';
import { QuietInstance } from '../snapshot/quiet-instance.ts';
import { readWhole } from '../snapshot/read-whole.ts';
import { unpackedSnapshot } from '../snapshot/unpacked-snapshot.ts';
import type { CompiledApplication } from './compiled-modules.ts';
import { EventStreams } from './event-streams.ts';
import { type GuestEnd, type GuestWork, type MadeGuest, runByItself } from './guest.ts';
import type { Entry } from './guest-instances.ts';
import { GuestRun, type RunPorts } from './guest-run.ts';
import type { Captured, EventInput, Exported, KeptHandlers, KeptRun } from './launch.ts';

/** What became of a state that an instance is to go on from. */
type Taken =
  | { readonly kind: 'restored' }
  | { readonly kind: 'exported'; readonly bytes: Uint8Array }
  | { readonly kind: 'misfit'; readonly reason: string };

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

  constructor(application: HostedApplication, handlers: KeptHandlers, state: KeptState | undefined, ports: RunPorts) {
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

  handle(event: EventInput): Promise<RunEnd | undefined> {
    return this.#callFor(event.function ?? this.#handler, event);
  }

  async exportState(bytesMax: number): Promise<Exported> {
    const written = new Gathered('a state', bytesMax);
    const end = await this.#callFor(migration.export, { stdin: emptyInput, stdout: written.stream });
    const failure = end === undefined ? 'it took too long' : failureOf(end);
    if (failure !== undefined) return { kind: 'refused', message: `its ${migration.export} failed: ${failure}` };
    if (!written.isTooLong) return { kind: 'exported', bytes: written.contents() };
    return { kind: 'refused', message: `its ${migration.export} wrote more than ${bytesMax} bytes` };
  }

  async capture(): Promise<Captured> {
    let captured: Captured = { kind: 'refused', message: this.#uncapturable };
    await this.#run.again(async ({ giveWay }) => {
      captured = await this.#captured(giveWay);
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

  async #callFor(name: string, event: EventInput): Promise<RunEnd | undefined> {
    const end = await this.#run.again(async ({ instance, call }) => {
      return returned(await this.#called(name, event, instance.exports, call));
    });
    if (end?.kind === 'resident') return { kind: 'exited', exitCode: end.exitCode };
    if (end !== undefined) this.#handlers.onEnd(end);
    return end;
  }

  async #called(
    name: string,
    event: EventInput,
    exports: WebAssembly.Exports,
    call: MadeGuest['call'],
  ): Promise<number> {
    this.#streams.begin(event);
    try {
      return Number((await call(exports[name] as Entry)) ?? 0);
    } finally {
      this.#streams.end();
    }
  }

  async #start(made: MadeGuest, { state }: CompiledApplication, from: KeptState | undefined): Promise<GuestEnd> {
    if (state?.kind === 'carriable') this.#quiet = new QuietInstance(made.instance, state.carriable, made.program);
    else if (state !== undefined) this.#uncapturable = state.reason;
    if (from === undefined) return this.#begin(made, undefined);
    const taken = await this.#take(from, made);
    if (taken.kind === 'restored') return returned(0);
    if (taken.kind === 'exported') return this.#begin(made, taken.bytes);
    if (from.isTakenOver) return notTakenOver(taken.reason);
    this.#handlers.onAfresh(taken.reason);
    return this.#begin(made, undefined);
  }

  /** Starts it, and has it read what was exported. */
  async #begin(made: MadeGuest, exported: Uint8Array | undefined): Promise<GuestEnd> {
    const end = await runByItself(made);
    if (end.kind !== 'resident' || exported === undefined) return end;
    const input = { stdin: inputOf(exported) };
    const exitCode = await this.#called(migration.import, input, made.instance.exports, made.call);
    return exitCode === 0 ? end : notTakenOver(`its ${migration.import} gave ${exitCode}`);
  }

  /** Gives it that state, or what it is to read of it. */
  async #take(from: KeptState, made: MadeGuest): Promise<Taken> {
    try {
      if (from.kind === 'exported') return { kind: 'exported', bytes: await readWhole(from, made.giveWay) };
      if (this.#quiet === undefined) return { kind: 'misfit', reason: this.#uncapturable };
      const snapshot = await unpackedSnapshot(from, this.#quiet.memoryPagesMax, made);
      this.#fuelBefore = await inStretches(this.#quiet.restoring(snapshot, from.isTakenOver), made.giveWay);
      return { kind: 'restored' };
    } catch (error) {
      if (!(error instanceof SnapshotError || error instanceof DiskError)) throw error;
      return { kind: 'misfit', reason: error.message };
    }
  }

  async #captured(giveWay: MadeGuest['giveWay']): Promise<Captured> {
    try {
      if (this.#quiet === undefined) return { kind: 'refused', message: this.#uncapturable };
      const steps = this.#quiet.snapshotting(this.#fuelBefore + this.#run.usage().fuelSpent);
      return { kind: 'captured', snapshot: await inStretches(steps, giveWay) };
    } catch (error) {
      if (!(error instanceof UncapturableState || error instanceof SnapshotError)) throw error;
      return { kind: 'refused', message: error.message };
    }
  }
}
