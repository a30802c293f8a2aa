/** How it is said that a state was damaged, and made anew of what could be read. */
export interface Loss {
  readonly what: string;
  readonly rowsSaved: number;
  /** Those that were seen to be torn. */
  readonly pagesTorn: number;
  /** What became, or becomes, of the damaged one, as a clause. */
  readonly aside: string;
}

/** For people. */
export function lossText({ what, rowsSaved, pagesTorn, aside }: Loss): string {
  const torn =
    pagesTorn === 0 ? 'no page of them is known to be lost' : `at least ${pagesTorn} pages could not be read`;
  return `${what} was damaged: ${rowsSaved} rows of it were saved, ${torn}; ${aside}`;
}
