import type { DeployedLink } from '../../schemas/generated/types.ts';
import { closedTo } from '../links/link-terms.ts';
import type { Times } from './clock-doubt.ts';
import type { Ways } from './link-gate.ts';
import { LinkHours } from './link-hours.ts';

/** By what it is seen whether the link that leads out may carry modules. */
export interface ClosedLinkOptions extends Pick<Ways, 'wayOut'> {
  readonly times: Times;
  /** What is kept to now: the same object while nothing changed. */
  readonly links: () => readonly DeployedLink[] | undefined;
}

/** Whether the link that leads out may carry modules now, whatever this device lacks. */
export class ClosedLink {
  readonly #options: ClosedLinkOptions;
  #links: readonly DeployedLink[] | undefined;
  /** Until those of the newest terms are read, those before count. */
  #hours = new LinkHours();

  constructor(options: ClosedLinkOptions) {
    this.#options = options;
  }

  /** Why not; undefined where they may. */
  why(): string | undefined {
    this.#keepTo(this.#options.links());
    const link = this.#options.wayOut();
    if (link === undefined) return undefined;
    const closed = closedTo(link);
    if (closed !== undefined) return closed.message;
    const look = this.#hours.look(link.name);
    return look.kind === 'closed' ? look.waiting.message : undefined;
  }

  #keepTo(links: readonly DeployedLink[] | undefined): void {
    if (links === this.#links) return;
    this.#links = links;
    const hours = new LinkHours();
    hours.read('fetch', links ?? [], this.#options.times).then(
      () => {
        if (links === this.#links) this.#hours = hours;
      },
      // What can't be read keeps this device's own modules back, and is told there.
      () => {},
    );
  }
}
