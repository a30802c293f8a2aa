import type { Programs } from '../../platform/ports.ts';

/** Real I/O that only the demo does; `cli/main.ts` gives it. */
export interface DemoPorts {
  readonly commitAll: (directory: string, message: string) => Promise<string>;
  readonly programs: Programs;
  readonly freePort: () => Promise<number>;
  readonly startRelay: (targetPort: number) => Promise<Relay>;
  /** Path of the bundled agent, made when it is not fresh. */
  readonly bundleAgent: () => Promise<string>;
}

/** A link that can be cut. */
export interface Relay {
  readonly port: number;
  set(up: boolean): void;
  close(): void;
}
