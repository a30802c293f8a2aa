import type { DeployedLink } from '../../schemas/generated/types.ts';
import { closedTo, type LinkAllowance } from '../links/link-terms.ts';
import type { Times } from './clock-doubt.ts';
import { type Gate, type Look, type Purpose, waiting } from './gate.ts';
import { windowGate } from './window-gate.ts';

/** What is known of the links of a device. */
export interface Ways {
  /** The link that leads out now; undefined where it is none that is known. */
  readonly wayOut: () => LinkAllowance | undefined;
}

/** Facts may tell another link at any time; that routes do is told. */
const lookMs = { byFacts: 10_000, else: 60_000 } as const;

/** Its hours, told as those of the link. */
function lookAtHours(name: string, hours: Gate | undefined): Look {
  const look: Look = hours?.look() ?? { kind: 'open', forMs: Number.POSITIVE_INFINITY };
  if (look.kind === 'open' || look.waiting.code !== 'WINDOW') return look;
  const { to, message, ...rest } = look.waiting;
  return { ...look, waiting: { ...rest, ...waiting(to, 'LINK_WINDOW', `on link ${name} it ${message}`) } };
}

function lookAt(to: Purpose, link: LinkAllowance, hours: Gate | undefined): Look {
  const closed = closedTo(link);
  if (closed === undefined) return lookAtHours(link.name, hours);
  const { code, message } = closed;
  const words = waiting(to, code, `waits to ${to} by another link: ${message}`);
  return { kind: 'closed', forMs: Number.POSITIVE_INFINITY, waiting: words };
}

/** The hours of the links that have some. */
async function hoursOf(to: Purpose, links: readonly DeployedLink[], times: Times): Promise<ReadonlyMap<string, Gate>> {
  const hours = new Map<string, Gate>();
  for (const { name, fetch } of links) if (fetch !== undefined) hours.set(name, await windowGate(to, fetch, times));
  return hours;
}

/** Open while modules may go over the link that leads out. Where nothing leads out it is left to trying. */
export async function linkGate(
  to: Purpose,
  links: readonly DeployedLink[],
  { wayOut }: Ways,
  times: Times,
): Promise<Gate> {
  const hours = await hoursOf(to, links, times);
  const forMs = links.some(({ fact }) => fact !== undefined) ? lookMs.byFacts : lookMs.else;
  const look = (): Look => {
    const link = wayOut();
    const seen = link === undefined ? ({ kind: 'open', forMs } as const) : lookAt(to, link, hours.get(link.name));
    const looked = { ...seen, forMs: Math.min(forMs, seen.forMs) };
    return looked.kind === 'open' ? looked : { ...looked, isOfLink: true };
  };
  return { look };
}
