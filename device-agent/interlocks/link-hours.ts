import type { DeployedLink } from '../../schemas/generated/types.ts';
import type { Closure, LinkAllowance } from '../links/link-terms.ts';
import type { Times } from './clock-doubt.ts';
import { type Gate, type Look, type Purpose, waiting } from './gate.ts';
import { windowGate } from './window-gate.ts';

/** The hours of links, as they were read for the newest deployment that waited for some. */
export class LinkHours {
  #gates: ReadonlyMap<string, Gate> = new Map();

  /** Reads those that links have. Rejects where they can't be read here. */
  async read(to: Purpose, links: readonly DeployedLink[], times: Times): Promise<void> {
    const gates = new Map<string, Gate>();
    for (const { name, fetch } of links) if (fetch !== undefined) gates.set(name, await windowGate(to, fetch, times));
    this.#gates = gates;
  }

  /** Whether it is their time, told as that of the link. */
  look(name: string): Look {
    const look: Look = this.#gates.get(name)?.look() ?? { kind: 'open', forMs: Number.POSITIVE_INFINITY };
    if (look.kind === 'open' || look.waiting.code !== 'WINDOW') return look;
    const { to, message, ...rest } = look.waiting;
    return { ...look, waiting: { ...rest, ...waiting(to, 'LINK_WINDOW', `on link ${name} it ${message}`) } };
  }

  /** The link, closed where it is not its time: for who may choose another. */
  applied(link: LinkAllowance): LinkAllowance {
    const look = this.look(link.name);
    if (look.kind === 'open') return link;
    const shut: Closure = { code: 'LINK_WINDOW', message: look.waiting.message };
    return { ...link, shut };
  }
}
