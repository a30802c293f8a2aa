/** Which routes are at a path: by its whole text, by its segments, or by how it begins. */
import type { Route } from './route.ts';

/** The routes at one path, by method, and what stands for the names in it. */
export interface Found {
  readonly routes: readonly Route[];
  readonly params: Readonly<Record<string, string>>;
}

const noParams = {};

/** Undefined where a segment is no text as URLs write it. */
function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** What the segments of a path say for the names of a pattern; undefined where it is another path. */
function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!;
    if (!part.startsWith('{')) {
      if (part !== segment) return undefined;
      continue;
    }
    const value = decoded(segment);
    if (value === undefined || value === '') return undefined;
    params[part.slice(1, -1)] = value;
  }
  return params;
}

/** Looks paths up in a table of routes. */
export function routeFinder(table: readonly Route[]): (path: string) => Found | undefined {
  const byPath = Map.groupBy(table, ({ path }) => path);
  const beginnings = [...byPath].filter(([path]) => path.endsWith('/*'));
  const patterns = [...byPath]
    .filter(([path]) => path.includes('{'))
    .map(([path, routes]) => ({ pattern: path.split('/'), routes }));
  return (path) => {
    const exact = byPath.get(path);
    if (exact !== undefined && !/[{*]/.test(path)) return { routes: exact, params: noParams };
    const begun = beginnings.find(([beginning]) => path.startsWith(beginning.slice(0, -1)));
    if (begun !== undefined) return { routes: begun[1], params: noParams };
    const segments = path.split('/');
    for (const { pattern, routes } of patterns) {
      const params = paramsOf(pattern, segments);
      if (params !== undefined) return { routes, params };
    }
    return undefined;
  };
}
