/** Over which interface modules go where several lead out of a machine. Pure. */
import { type LinkAllowance, linkOn } from './link-terms.ts';

/** An interface that leads out, and the link that it is. */
export interface Exit {
  readonly interface: string;
  readonly link: LinkAllowance;
}

/**
 * Those that modules may be held to, the one to take first before the others: the cheapest by what the site says, of those that cost the same the one
 * that the machine's routes choose. None where that one is a link of which nobody said anything: over it all may go.
 */
export function exitsOf(interfaces: readonly string[], links: readonly LinkAllowance[]): readonly Exit[] {
  const exits = interfaces.flatMap((name): Exit[] => {
    const link = linkOn(links, name);
    return link === undefined ? [] : [{ interface: name, link }];
  });
  if (exits[0]?.interface !== interfaces[0]) return [];
  return exits.toSorted((a, b) => (a.link.dearness ?? 0) - (b.link.dearness ?? 0));
}
