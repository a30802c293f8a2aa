import type { Route } from './messages.ts';

/** A path and whom it leads to. */
export interface Met extends Route {
  /** What of the path is behind the route, decoded. */
  readonly pathInfo: string;
}

/** The longest route that a path is or lies below; undefined where there is none, or the path is none. */
export function meet(routes: readonly Route[], path: string): Met | undefined {
  const isMet = ({ route }: Route): boolean => route === '/' || path === route || path.startsWith(`${route}/`);
  if (!path.startsWith('/')) return undefined;
  const [longest] = routes.filter(isMet).sort((one, other) => other.route.length - one.route.length);
  if (longest === undefined) return undefined;
  try {
    return { ...longest, pathInfo: decodeURIComponent(path.slice(longest.route === '/' ? 0 : longest.route.length)) };
  } catch {
    return undefined;
  }
}
