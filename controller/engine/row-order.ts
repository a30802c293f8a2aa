/**
 * The names of a set in the order of the rows that are there already, then the others. Rows lie in pages, and a page is written whole:
 * of a whole fleet each is then written once, in place of once for every row in it.
 */
export function* inRowOrder(names: ReadonlySet<string>, rows: ReadonlyMap<string, unknown>): Generator<string> {
  // Few names are in few pages, and looking for them among all would cost the fleet.
  if (2 * names.size < rows.size) return yield* names;
  const others = [...names].filter((name) => !rows.has(name));
  for (const name of rows.keys()) if (names.has(name)) yield name;
  yield* others;
}
