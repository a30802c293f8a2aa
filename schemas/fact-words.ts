import type { FactReport } from './generated/types.ts';

/** `speed 12.3 (4 s), in_port true (2 h)`: facts with their ages, as `ageOf` says how long ago a time was. */
export function factWords(facts: Readonly<Record<string, FactReport>>, ageOf: (at: string) => string): string {
  return Object.entries(facts)
    .map(([name, { value, at }]) => `${name} ${value} (${ageOf(at)})`)
    .join(', ');
}
