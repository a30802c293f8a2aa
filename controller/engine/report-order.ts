/**
 * Which reports are new. An agent numbers its reports from each of its starts on; order is bound to the key and to that boot.
 *
 *     boot a: 1 2 3 ─ ─ ─ ─ ─ ─ 4       boot a speaks again after b began: two machines under one name, told
 *     boot b:         1 2 (2) 3         a counter that does not grow is a message that came late: dropped
 *
 * A lie about the counter silences nobody but the boot that tells it, and a clone silences nobody.
 */
import type { Report } from '../../schemas/generated/types.ts';

/** One start of an agent, and its newest report. */
interface Boot {
  /** Empty for agents that do not tell: their counter goes on over restarts. */
  readonly id: string;
  readonly counter: number;
}

/** What decides whether a report is new. */
export interface Heard {
  /** The key that git named when it was heard; another one begins anew. */
  readonly key: string;
  /** Newest first. */
  readonly boots: readonly Boot[];
  /** Of an agent that tells no boot: reports that were dropped one after another and grow among themselves. */
  readonly strays?: { readonly counter: number; readonly count: number };
}

/** How a report stands to those before it. */
export type Order =
  | { readonly kind: 'new'; readonly heard: Heard; readonly alternates: boolean }
  /** Has the number of the newest: it is that one, sent again because its answer was lost, or it is late. */
  | { readonly kind: 'again'; readonly heard: Heard; readonly code: string; readonly message: string }
  | { readonly kind: 'late'; readonly heard: Heard; readonly code: string; readonly message: string };

/** Boots that are remembered: a report of an older one counts as of a new boot. */
const bootsMax = 4;

/** The largest step of a counter within one boot: a report every 10 ms for hours that nobody heard. */
const counterStepMax = 1_000_000;

/** So many strays in a row that grow among themselves are an agent whose counter was set back. */
const straysMax = 3;

function taken(key: string, boot: Boot, others: readonly Boot[], alternates: boolean): Order {
  return { kind: 'new', heard: { key, boots: [boot, ...others].slice(0, bootsMax) }, alternates };
}

function late(heard: Heard, counter: number, last: number): Extract<Order, { kind: 'late' }> {
  const message = `a report that is older than one that is known (counter ${counter}, known ${last})`;
  return { kind: 'late', heard, code: 'REPORT_LATE', message };
}

/** An agent that tells no boot; after a while its lower counters are believed, as it may have lost its state. */
function straying(heard: Heard, report: Report, last: number): Order {
  const { counter } = report;
  const grows = heard.strays === undefined || counter > heard.strays.counter;
  const count = grows ? (heard.strays?.count ?? 0) + 1 : 1;
  if (count >= straysMax) return taken(heard.key, { id: '', counter }, [], false);
  return late({ ...heard, strays: { counter, count } }, counter, last);
}

/** Judges by the key that git names for the device now. */
export function orderOf(heard: Heard | undefined, key: string, report: Report): Order {
  const boot: Boot = { id: report.boot?.id ?? '', counter: report.counter };
  if (heard === undefined || heard.key !== key) return taken(key, boot, [], false);
  const known = heard.boots.find(({ id }) => id === boot.id);
  if (known === undefined) return taken(key, boot, heard.boots, false);
  if (boot.counter === known.counter && known === heard.boots[0]) {
    return { ...late(heard, boot.counter, known.counter), kind: 'again' };
  }
  if (boot.counter <= known.counter) {
    return boot.id === '' ? straying(heard, report, known.counter) : late(heard, boot.counter, known.counter);
  }
  if (boot.id !== '' && boot.counter - known.counter > counterStepMax) {
    const message = `a report whose counter leaps from ${known.counter} to ${boot.counter}, at most ${counterStepMax} further is believed`;
    return { kind: 'late', heard, code: 'REPORT_LEAPS', message };
  }
  const others = heard.boots.filter((one) => one !== known);
  return taken(key, boot, others, known !== heard.boots[0]);
}
