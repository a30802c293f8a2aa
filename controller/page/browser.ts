/** The browser, as the rest of the page knows it: its time, its network, its address and what a tab remembers. */

/** Milliseconds since the epoch, by this machine. */
export function now(): number {
  return Date.now();
}

/** Waits; at once where `signal` says that nobody waits any more. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Calls again and again, until what it gives is called. */
export function every(ms: number, call: () => void): () => void {
  const timer = setInterval(call, ms);
  return () => clearInterval(timer);
}

/** An exchange with the controller that served this page: `path` is beside the page, whatever prefix that is under. */
export function exchange(path: string, init: RequestInit): Promise<Response> {
  return fetch(new URL(path, document.baseURI), { ...init, credentials: 'same-origin', redirect: 'error' });
}

/** What a tab remembers until it is closed. */
export const tab = {
  get: (key: string): string | undefined => sessionStorage.getItem(key) ?? undefined,
  set: (key: string, value: string | undefined): void =>
    value === undefined ? sessionStorage.removeItem(key) : sessionStorage.setItem(key, value),
};

/** The part of the address that says what is looked at. */
export const address = {
  get: (): string => location.hash,
  set: (hash: string): void => {
    location.hash = hash;
  },
  /** Changes it without a step that one can go back to. */
  replace: (hash: string): void => {
    history.replaceState(null, '', hash);
    dispatchEvent(new HashChangeEvent('hashchange'));
  },
  listen: (call: () => void): void => addEventListener('hashchange', call),
};
