/** Updates without a delta, in words. Pure. */
import type { WholeFetches } from '../../controller/planning/whole-fetches.ts';
import { listed } from './listed.ts';
import { bytes, money } from './quantities.ts';

/** Named in a line; the others are counted. */
const namedMax = 3;

/** `38 kB whole, from 0.12 EUR`. */
function costText({ bytes: sum, prices }: WholeFetches): string {
  const costs = prices.map(({ cheapest, currency }) => `, from ${money(cheapest, currency)}`);
  return `${bytes(sum)} whole${costs.join('')}`;
}

function whatThen(one: WholeFetches): string {
  const cost = costText(one);
  switch (one.terms) {
    case 'allow':
      return `for want of a delta ${cost}`;
    case 'ask':
      return `no delta: each waits until somebody lets it (${cost})`;
    case 'never':
      return `no delta: each stays at what it runs, for no update comes whole (it would be ${cost})`;
    default:
      return one.terms satisfies never;
  }
}

/** `ships, wave canary: for want of a delta 38 kB whole, from 0.12 EUR: aurora-bridge, aurora-engine`, a line a wave. */
export function wholeTexts(all: readonly WholeFetches[]): string[] {
  return all.map((one) => {
    const { fleet, wave, devices } = one;
    const where = wave === undefined ? fleet : `${fleet}, wave ${wave}`;
    return `${where}: ${whatThen(one)}: ${listed(devices, namedMax)}`;
  });
}
