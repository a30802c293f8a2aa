import type { Listener } from '../../../platform/streams.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';
import type { OpenFile } from '../primitives/open-file.ts';
import type { OpenStream } from '../primitives/open-stream.ts';
import { CallFailure, errno, errnoOf } from './errno.ts';
import type { Listing } from './listing.ts';
import type { Rights } from './rights.ts';

/** What a file descriptor stands for. */
export type Target =
  | OpenStream
  | { readonly kind: 'file'; readonly file: OpenFile }
  | { readonly kind: 'directory'; readonly directory: OpenDirectory; readonly preopen?: string }
  | { readonly kind: 'listener'; readonly listener: Listener };

/** An open file descriptor: a target, and what preview 1 keeps beside it. */
export interface Descriptor {
  readonly target: Target;
  rights: Rights;
  /** As fdstat carries them. */
  flags: number;
  /** Where a file is read and written next. */
  position: number;
  /** The entries that cookies of fd_readdir count in. */
  listing?: Listing;
}

/** Opens a target with nothing read, written or set yet. */
export function descriptorOf(target: Target, rights: Rights, flags = 0): Descriptor {
  return { target, rights, flags, position: 0 };
}

function closeTarget(target: Target): void | Promise<void> {
  switch (target.kind) {
    case 'file':
      return target.file.close();
    case 'directory':
      return target.directory.close();
    case 'connection':
      return target.connection.close();
    case 'input':
    case 'output':
      return target.close?.();
    case 'listener':
      return;
    default:
      throw new Error(target satisfies never);
  }
}

function closeDescriptor({ target, listing }: Descriptor): void | Promise<void> {
  listing?.close();
  return closeTarget(target);
}

/** An application's open descriptors, by numbers. */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>();
  readonly #max: number;
  /** No number below it is free. */
  #lowest = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Opens under the lowest free number. */
  add(descriptor: Descriptor): number {
    this.assertRoom();
    while (this.#open.has(this.#lowest)) this.#lowest += 1;
    this.#open.set(this.#lowest, descriptor);
    return this.#lowest;
  }

  /** Asks for room for one more, before anything is opened for it. */
  assertRoom(): void {
    if (this.#open.size >= this.#max) throw new CallFailure(errno.tooManyDescriptors);
  }

  get(number: number): Descriptor {
    const descriptor = this.#open.get(number);
    if (descriptor === undefined) throw new CallFailure(errno.badDescriptor);
    return descriptor;
  }

  /** The descriptor, if it has all these rights. */
  with(number: number, rights: bigint): Descriptor {
    const descriptor = this.get(number);
    if ((descriptor.rights.base & rights) !== rights) throw new CallFailure(errno.notCapable);
    return descriptor;
  }

  close(number: number): void | Promise<void> {
    const descriptor = this.get(number);
    this.#open.delete(number);
    this.#lowest = Math.min(this.#lowest, number);
    return closeDescriptor(descriptor);
  }

  /** Makes `to` stand for what `from` stood for, and closes `from`; what `to` stood for is closed. */
  renumber(from: number, to: number): void | Promise<void> {
    const descriptor = this.get(from);
    const replaced = this.get(to);
    if (from === to) return;
    this.#open.delete(from);
    this.#lowest = Math.min(this.#lowest, from);
    this.#open.set(to, descriptor);
    return closeDescriptor(replaced);
  }

  /** What is open, as it is now. */
  open(): ReadonlyMap<number, Descriptor> {
    return new Map(this.#open);
  }

  /** Closes all; what the operating system says of one keeps none of the others open. */
  async closeAll(): Promise<void> {
    const closing = [...this.#open.keys()].map(async (number) => {
      try {
        await this.close(number);
      } catch (error) {
        errnoOf(error);
      }
    });
    await Promise.all(closing);
  }
}
