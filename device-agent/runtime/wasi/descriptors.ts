import { CallFailure, errno } from './errno.ts';
import type { TreeDirectory, TreeFile } from './file-tree.ts';

/** What a file descriptor stands for. */
export type Descriptor =
  | { readonly kind: 'input' }
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr' }
  | { readonly kind: 'file'; readonly file: TreeFile; position: number }
  | { readonly kind: 'directory'; readonly directory: TreeDirectory; readonly preopen?: string };

const descriptorsMax = 256;

/** An application's open descriptors: 0, 1 and 2, its preopened directories from 3 on, then what it opens. */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>();

  constructor(preopens: Readonly<Record<string, TreeDirectory>>) {
    this.add({ kind: 'input' });
    this.add({ kind: 'output', stream: 'stdout' });
    this.add({ kind: 'output', stream: 'stderr' });
    for (const [preopen, directory] of Object.entries(preopens)) this.add({ kind: 'directory', directory, preopen });
  }

  /** Opens under the lowest free number. */
  add(descriptor: Descriptor): number {
    for (let number = 0; number < descriptorsMax; number++) {
      if (this.#open.has(number)) continue;
      this.#open.set(number, descriptor);
      return number;
    }
    throw new CallFailure(errno.tooManyDescriptors);
  }

  get(number: number): Descriptor {
    const descriptor = this.#open.get(number);
    if (descriptor === undefined) throw new CallFailure(errno.badDescriptor);
    return descriptor;
  }

  close(number: number): void {
    if (!this.#open.delete(number)) throw new CallFailure(errno.badDescriptor);
  }

  /** Makes `to` stand for what `from` stood for, and closes `from`. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from);
    this.get(to);
    this.#open.delete(from);
    this.#open.set(to, descriptor);
  }
}
