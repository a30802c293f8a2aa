import { closedToForm, type Form, type LinkAllowance, linkOn, roomOn, streamShare } from '../links/link-terms.ts';
import type { ModulesCame } from '../links/observed-rate.ts';
import { DownloadError } from './download-error.ts';

/** What one form of a module may take of the link that it comes over. */
export interface Toll {
  /** The interface that it is to be asked for over; as the machine's routes have it where that is undefined. */
  exit(): string | undefined;
  /** Nothing came over that interface; whether there is another way. */
  failed(exit: string): boolean;
  /** Bytes of it that may be asked for now, over an interface or the one that is chosen; throws where none may. */
  ask(via?: string): number;
  /** Bytes of it came in. */
  took(bytes: number, via?: string): void;
  /** So much of it came in one answer. */
  came: ModulesCame;
}

/** What a passage goes by. */
export interface PassageOptions {
  readonly links: readonly LinkAllowance[];
  /** The interface that leads out now. */
  readonly wayOut: () => string | undefined;
  /** Interfaces of such links that modules may be held to, that one among them, the one to take first before the others. */
  readonly exits?: readonly string[];
  /** Told of each answer that brought something. */
  readonly came: ModulesCame;
  /** Told of an interface over which nothing came. */
  readonly onFailed?: (exit: string) => void;
}

/** What modules may take of the links of a device, for one attempt to bring some. */
export class Passage {
  readonly #options: PassageOptions;
  readonly #taken = new Map<string, number>();
  readonly #failed = new Set<string>();

  constructor(options: PassageOptions) {
    this.#options = options;
  }

  /** What a module in this form may take. */
  toll(form: Form): Toll {
    return {
      exit: () => this.#exit(form),
      failed: (exit) => this.#fail(exit, form),
      ask: (via) => this.#ask(form, via),
      took: (bytes, via) => this.#took(bytes, via),
      came: this.#options.came,
    };
  }

  /** Whether so many bytes in this form may come without being asked for one by one. */
  carries(form: Form, bytes: number): boolean {
    const link = this.#linkOn(this.#options.wayOut());
    return link === undefined || (closedToForm(link, form) === undefined && roomOn(link) * streamShare >= bytes);
  }

  /** Whether what leads out is a link of which nobody said anything, so that all may come. */
  get isFree(): boolean {
    return this.#linkOn(this.#options.wayOut()) === undefined;
  }

  /** The first interface whose link may carry it. */
  #choice(form: Form): string | undefined {
    return this.#options.exits?.find((exit) => {
      const link = this.#linkOn(exit);
      return link !== undefined && !this.#failed.has(exit) && closedToForm(link, form) === undefined;
    });
  }

  /** Nothing is held to the interface that the machine's routes choose anyway. */
  #exit(form: Form): string | undefined {
    const choice = this.#choice(form);
    return choice === this.#options.wayOut() ? undefined : choice;
  }

  #fail(exit: string, form: Form): boolean {
    this.#failed.add(exit);
    this.#options.onFailed?.(exit);
    return this.#choice(form) !== undefined;
  }

  #ask(form: Form, via = this.#exit(form) ?? this.#options.wayOut()): number {
    const link = this.#linkOn(via);
    if (link === undefined) return Number.POSITIVE_INFINITY;
    const closed = closedToForm(link, form);
    if (closed !== undefined) throw new DownloadError(closed.code, closed.message);
    return Math.max(1, Math.floor(roomOn(link) * streamShare));
  }

  #took(bytes: number, via = this.#options.wayOut()): void {
    const name = linkOn(this.#options.links, via)?.name;
    if (name !== undefined) this.#taken.set(name, (this.#taken.get(name) ?? 0) + Math.ceil(bytes / streamShare) + 1);
  }

  #linkOn(via: string | undefined): LinkAllowance | undefined {
    const link = linkOn(this.#options.links, via);
    if (link?.left === undefined) return link;
    return { ...link, left: Math.max(0, link.left - (this.#taken.get(link.name) ?? 0)) };
  }
}
