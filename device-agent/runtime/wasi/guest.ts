import { andThen } from '../../../platform/and-then.ts';
import { DescriptorTable, descriptorOf } from './descriptors.ts';
import type { Errno } from './errno.ts';
import { GuestMemory } from './guest-memory.ts';
import type { Dialect } from './layout.ts';
import { grantRights, listenerRights, streamRights } from './rights.ts';
import type { GuestWorld } from './world.ts';

const descriptorsMax = 256;

/** What the calls of one instance share. */
export class Guest {
  readonly world: GuestWorld;
  readonly memory = new GuestMemory();
  /** 0, 1 and 2, the granted directories from 3 on, the sockets behind them, then what it opens. */
  readonly descriptors: DescriptorTable;
  #movedBytes = 0;

  /** `beside` another one that lives in the same world, it has the same descriptors, and a memory of its own. */
  constructor(world: GuestWorld, beside?: Guest) {
    this.world = world;
    this.descriptors = beside?.descriptors ?? new DescriptorTable(descriptorsMax);
    if (beside === undefined) this.#openWorld(world);
  }

  #openWorld(world: GuestWorld): void {
    this.descriptors.add(descriptorOf({ kind: 'input', stream: world.stdin }, streamRights.input));
    this.descriptors.add(descriptorOf({ kind: 'output', stream: world.stdout }, streamRights.output));
    this.descriptors.add(descriptorOf({ kind: 'output', stream: world.stderr }, streamRights.output));
    for (const [preopen, directory] of Object.entries(world.directories)) {
      this.descriptors.add(descriptorOf({ kind: 'directory', directory, preopen }, grantRights(directory)));
    }
    for (const socket of world.sockets ?? []) {
      this.descriptors.add(
        'accept' in socket
          ? descriptorOf({ kind: 'listener', listener: socket }, listenerRights)
          : descriptorOf({ kind: 'connection', connection: socket }, streamRights.connection),
      );
    }
  }

  /** Bytes that a call moves into its memory or out of it, which it pays for. */
  move(bytes: number): void {
    this.#movedBytes += bytes;
  }

  /** Tells it how many bytes a call has moved. */
  tellMoved(pointer: number, bytes: number): undefined {
    this.move(bytes);
    this.memory.setU32(pointer, bytes);
  }

  /** What was moved since this was last asked. */
  takeMoved(): number {
    const bytes = this.#movedBytes;
    this.#movedBytes = 0;
    return bytes;
  }

  /** Gives back what the instance holds of the outside: all of it when this returns, but for what a disk is still at. */
  close(): Promise<void> {
    return this.descriptors.closeAll();
  }
}

/** A call's answer; nothing means success. */
export type Answer = Errno | undefined | Promise<Errno | undefined>;

/** The answer of a call that has nothing to tell but that it is done. */
export function done(work: void | Promise<void>): Answer {
  return andThen(work, () => undefined);
}

/** A system call as its table has it: what the guest passed, behind who it is and in which dialect it speaks. */
export type Call = (
  context: { readonly guest: Guest; readonly dialect: Dialect },
  ...values: never[]
) => Answer | undefined;

/** What every call is given first. */
export type Context = Parameters<Call>[0];
