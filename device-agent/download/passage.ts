import { closedToForm, type Form, type LinkAllowance, linkOn, roomOn, streamShare } from '../links/link-terms.ts';
import type { ModulesCame } from '../links/observed-rate.ts';
import { DownloadError } from './download-error.ts';

/** What one form of a module may take of the link that it comes over. */
export interface Toll {
  /** Bytes of it that may be asked for now, over an interface or the one that leads out; throws where none may. */
  ask(via?: string): number;
  /** Bytes of it came in. */
  took(bytes: number, via?: string): void;
  /** So much of it came in one answer. */
  came: ModulesCame;
}

/** What modules may take of the links of a device, for one attempt to bring some. */
export class Passage {
  readonly #links: readonly LinkAllowance[];
  readonly #wayOut: () => string | undefined;
  readonly #came: ModulesCame;
  readonly #taken = new Map<string, number>();

  /** `wayOut` is the interface that leads out now; `came` is told of each answer that brought something. */
  constructor(links: readonly LinkAllowance[], wayOut: () => string | undefined, came: ModulesCame) {
    this.#links = links;
    this.#wayOut = wayOut;
    this.#came = came;
  }

  /** What a module in this form may take. */
  toll(form: Form): Toll {
    return { ask: (via) => this.#ask(form, via), took: (bytes, via) => this.#took(bytes, via), came: this.#came };
  }

  /** Whether so many bytes in this form may come without being asked for one by one. */
  carries(form: Form, bytes: number): boolean {
    const link = this.#linkOn(this.#wayOut());
    return link === undefined || (closedToForm(link, form) === undefined && roomOn(link) * streamShare >= bytes);
  }

  /** Whether what leads out is a link of which nobody said anything, so that all may come. */
  get isFree(): boolean {
    return this.#linkOn(this.#wayOut()) === undefined;
  }

  #ask(form: Form, via = this.#wayOut()): number {
    const link = this.#linkOn(via);
    if (link === undefined) return Number.POSITIVE_INFINITY;
    const closed = closedToForm(link, form);
    if (closed !== undefined) throw new DownloadError(closed.code, closed.message);
    return Math.max(1, Math.floor(roomOn(link) * streamShare));
  }

  #took(bytes: number, via = this.#wayOut()): void {
    const name = linkOn(this.#links, via)?.name;
    if (name !== undefined) this.#taken.set(name, (this.#taken.get(name) ?? 0) + Math.ceil(bytes / streamShare) + 1);
  }

  #linkOn(via: string | undefined): LinkAllowance | undefined {
    const link = linkOn(this.#links, via);
    if (link?.left === undefined) return link;
    return { ...link, left: Math.max(0, link.left - (this.#taken.get(link.name) ?? 0)) };
  }
}
