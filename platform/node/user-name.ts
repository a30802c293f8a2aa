import { userInfo } from 'node:os';

/** As whom this process runs; undefined where its user has no name, as in some containers. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
