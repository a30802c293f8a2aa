import { callerModule } from '../admission/caller-functions.ts';
import type { Verdict } from '../admission/verdict.ts';
import { hasPlainMemory } from './functions.ts';

/** A module of an application, its own or a linked one, that can run by itself. */
export interface Part {
  /** Where there is none, it is the application's own. */
  readonly link: string | undefined;
  readonly bytes: Uint8Array;
  readonly verdict: Verdict;
}

const importsFrom = ({ verdict }: Part, module: string): boolean =>
  verdict.kind === 'runs' && verdict.imports.includes(module);

/**
 * Why a module can't be given the memory of who calls it, where it asks for that. Only the application's own may call it: that is the
 * one that stays while others take each other's place.
 */
export function callerProblems(part: Part, all: readonly Part[]): readonly string[] {
  if (!importsFrom(part, callerModule)) return [];
  const own = all.find(({ link }) => link === undefined)!;
  if (part === own) return [`it imports from ${callerModule}, and nobody calls an application's own module`];
  const others = all.filter((one) => one !== own && importsFrom(one, part.link!)).map(({ link }) => link);
  if (others.length > 0) {
    const who = others.join(' and ');
    return [`it imports from ${callerModule}, so only the application's own module may call it; ${who} does too`];
  }
  const odd = [part, own].filter(({ bytes }) => !hasPlainMemory(bytes)).map(({ link }) => link ?? 'the own module');
  if (odd.length === 0) return [];
  return [
    `it imports from ${callerModule}, which copies between memories of 32 bits that are exported as \`memory\` and not shared; ` +
      `${odd.join(' and ')} has none`,
  ];
}
