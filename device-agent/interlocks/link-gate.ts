import type { DeployedLink } from '../../schemas/generated/types.ts';
import type { Exit } from '../links/exits.ts';
import { closedTo, type LinkAllowance } from '../links/link-terms.ts';
import type { Times } from './clock-doubt.ts';
import { type Gate, type Look, type Purpose, waiting } from './gate.ts';
import type { LinkHours } from './link-hours.ts';

/** What is known of the links of a device. */
export interface Ways {
  /** The link that leads out now; undefined where it is none that is known. */
  readonly wayOut: () => LinkAllowance | undefined;
  /** All that modules may be held to, that one among them where it is known. */
  readonly exits: () => readonly Exit[];
  readonly hours: LinkHours;
}

/** Facts may tell another link at any time; that routes do is told. */
const lookMs = { byFacts: 10_000, else: 60_000 } as const;

function lookAt(to: Purpose, link: LinkAllowance, hours: LinkHours): Look {
  const closed = closedTo(link);
  if (closed === undefined) return hours.look(link.name);
  const { code, message } = closed;
  const words = waiting(to, code, `waits to ${to} by another link: ${message}`);
  return { kind: 'closed', forMs: Number.POSITIVE_INFINITY, waiting: words };
}

/** Open as soon as one link is; else closed as the one that leads out is. */
function lookAtAll(to: Purpose, { wayOut, exits, hours }: Ways): Look {
  const link = wayOut();
  if (link === undefined) return { kind: 'open', forMs: Number.POSITIVE_INFINITY };
  const own = lookAt(to, link, hours);
  const looks = [own, ...exits().map((exit) => lookAt(to, exit.link, hours))];
  const forMs = Math.min(...looks.map((look) => look.forMs));
  return looks.some(({ kind }) => kind === 'open') ? { kind: 'open', forMs } : { ...own, forMs };
}

/** Open while modules may go over a link that is up. Where nothing leads out it is left to trying. */
export async function linkGate(to: Purpose, links: readonly DeployedLink[], ways: Ways, times: Times): Promise<Gate> {
  await ways.hours.read(to, links, times);
  const forMs = links.some(({ fact }) => fact !== undefined) ? lookMs.byFacts : lookMs.else;
  const look = (): Look => {
    const seen = lookAtAll(to, ways);
    const looked = { ...seen, forMs: Math.min(forMs, seen.forMs) };
    return looked.kind === 'open' ? looked : { ...looked, isOfLink: true };
  };
  return { look };
}
