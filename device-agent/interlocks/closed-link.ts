import type { DeployedLink } from '../../schemas/generated/types.ts';
import { closedTo } from '../links/link-terms.ts';
import type { Times } from './clock-doubt.ts';
import type { Gate } from './gate.ts';
import { linkGate, type Ways } from './link-gate.ts';

/** By what it is seen whether the link that leads out may carry modules. */
export interface ClosedLinkOptions {
  readonly ways: Ways;
  readonly times: Times;
  /** What is kept to now: the same object while nothing changed. */
  readonly links: () => readonly DeployedLink[] | undefined;
}

/** Whether the link that leads out may carry modules now, whatever this device lacks. */
export class ClosedLink {
  readonly #options: ClosedLinkOptions;
  #links: readonly DeployedLink[] | undefined;
  /** Undefined until the hours of the first terms are read: for that moment they are taken for open. */
  #gate: Gate | undefined;

  constructor(options: ClosedLinkOptions) {
    this.#options = options;
  }

  /** Why not; undefined where they may. */
  why(): string | undefined {
    this.#keepTo(this.#options.links());
    const link = this.#options.ways.wayOut();
    const closed = link && closedTo(link);
    if (closed !== undefined) return closed.message;
    const look = this.#gate?.look();
    return look?.kind === 'closed' ? look.waiting.message : undefined;
  }

  #keepTo(links: readonly DeployedLink[] | undefined): void {
    if (links === this.#links) return;
    this.#links = links;
    if (links === undefined) {
      this.#gate = undefined;
      return;
    }
    const { ways, times } = this.#options;
    linkGate('fetch', links, ways, times).then(
      (gate) => {
        if (links === this.#links) this.#gate = gate;
      },
      // What can't be read keeps this device's own modules back, and is told there.
      () => {},
    );
  }
}
