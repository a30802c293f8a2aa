const lettersShown = 80;

/** A name that a module's maker chose, as long as a person reads: it comes from strangers and is shown on terminals. */
export function shownName(name: string): string {
  return `${name.slice(0, lettersShown).replaceAll(/\p{C}/gu, '·')}${name.length > lettersShown ? '…' : ''}`;
}
