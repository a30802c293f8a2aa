/** A document that a view shows: asked for when the view comes up, and anew when what it is of may have changed. */
import { useEffect, useState } from 'preact/hooks';
import { AskFault, ask } from './api.ts';
import { onChanges } from './model.ts';

export interface Asked<T> {
  readonly value: T | undefined;
  /** Why the last question had no answer; the value is of before. */
  readonly fault: string | undefined;
}

/** Asks for `path`; `concerns` says of which changes it is asked for anew. */
export function useAsked<T>(path: string, concerns: (devices: ReadonlySet<string> | 'all') => boolean): Asked<T> {
  const [asked, setAsked] = useState<Asked<T> & { readonly path: string }>({
    path,
    value: undefined,
    fault: undefined,
  });
  useEffect(() => {
    const leaving = new AbortController();
    const renew = async (): Promise<void> => {
      try {
        const value = await ask<T>(path, leaving.signal);
        if (!leaving.signal.aborted) setAsked({ path, value, fault: undefined });
      } catch (error) {
        if (!(error instanceof AskFault)) throw error;
        const { message } = error;
        if (!leaving.signal.aborted)
          setAsked((before) => ({ path, value: before.path === path ? before.value : undefined, fault: message }));
      }
    };
    void renew();
    const end = onChanges((devices) => {
      if (concerns(devices)) void renew();
    });
    return () => {
      leaving.abort();
      end();
    };
  }, [path]);
  return asked.path === path ? asked : { value: undefined, fault: undefined };
}
