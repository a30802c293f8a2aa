import { closedTo, type LinkAllowance } from '../links/link-terms.ts';
import { type Gate, type Look, type Purpose, waiting } from './gate.ts';

/** What is known of the links of a device. */
export interface Ways {
  /** The link that leads out now; undefined where it is none that is known. */
  readonly wayOut: () => LinkAllowance | undefined;
}

/** Open while modules may go over the link that leads out. Where nothing leads out it is left to trying. */
export function linkGate(to: Purpose, { wayOut }: Ways): Gate {
  const look = (): Look => {
    const link = wayOut();
    const closed = link && closedTo(link);
    if (closed === undefined) return { kind: 'open', forMs: Number.POSITIVE_INFINITY };
    const { code, message } = closed;
    const words = waiting(to, code, `waits to ${to}, or for another link: ${message}`);
    return { kind: 'closed', forMs: Number.POSITIVE_INFINITY, waiting: words };
  };
  return { look };
}
