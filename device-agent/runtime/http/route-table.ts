import type { Route } from './messages.ts';

/** A path and whom it leads to. */
export interface Met extends Route {
  /** What of the path is behind the route. */
  readonly pathInfo: string;
}

/** The longest route that a decoded path is or lies below; undefined where there is none. */
export function meet(routes: readonly Route[], path: string): Met | undefined {
  const isMet = ({ route }: Route): boolean => route === '/' || path === route || path.startsWith(`${route}/`);
  const [longest] = routes.filter(isMet).sort((one, other) => other.route.length - one.route.length);
  return longest && { ...longest, pathInfo: path.slice(longest.route === '/' ? 0 : longest.route.length) };
}
