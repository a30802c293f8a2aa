/** What the command palette finds for what somebody typed. */
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { hashOf } from './shown-route.ts';

export interface Command {
  readonly label: string;
  readonly href: string;
}

const views: readonly Command[] = [
  { label: 'Fleet', href: hashOf({ kind: 'fleet' }) },
  { label: 'Devices', href: hashOf({ kind: 'devices', query: {} }) },
  { label: 'Devices that failed', href: hashOf({ kind: 'devices', query: { state: 'failed' } }) },
  { label: 'Devices that are dark', href: hashOf({ kind: 'devices', query: { state: 'dark', sort: 'contact' } }) },
  { label: 'Sites', href: hashOf({ kind: 'sites' }) },
];

function ofFleets({ fleets }: Pick<StatusDocument, 'fleets'>): Command[] {
  return fleets.flatMap(({ name, rollout }) => [
    { label: `Devices of ${name}`, href: hashOf({ kind: 'devices', query: { fleet: name } }) },
    ...(rollout === undefined ? [] : [{ label: `Rollout of ${name}`, href: hashOf({ kind: 'rollout', fleet: name }) }]),
  ]);
}

/** Whether all words are in a label, in any order. */
function fits(label: string, words: readonly string[]): boolean {
  const text = label.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** What fits; a search among devices always does. */
export function commandsFor(typed: string, known: Pick<StatusDocument, 'fleets'> | undefined): Command[] {
  const text = typed.trim();
  const words = text.toLowerCase().split(/\s+/);
  const all = [...views, ...(known === undefined ? [] : ofFleets(known))];
  const found = all.filter(({ label }) => fits(label, words)).slice(0, 12);
  if (text === '') return found;
  return [...found, { label: `Search devices for “${text}”`, href: hashOf({ kind: 'devices', query: { text } }) }];
}
