import type { ProgramEnd } from './program.ts';

/** What a thread is given to run. */
export interface Assignment {
  readonly name: string;
  readonly modulePath: string;
  /** The module's digest and bytes: what is read must be this, whatever happened to the disk meanwhile. */
  readonly sha256: string;
  readonly length: number;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The text of /config/config.json. */
  readonly config: string;
  /** See output-ring.ts. */
  readonly output: SharedArrayBuffer;
}

/** What a thread says to the app host. */
export type ThreadMessage = { readonly kind: 'started' } | { readonly kind: 'output' } | ProgramEnd;
