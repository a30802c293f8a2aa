/** What the engine stands on: the world behind ports, what it remembers, and who is told. */
import type { Clock, Log } from '../../platform/ports.ts';
import type { Deployment } from '../../schemas/generated/types.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import type { Deltas } from '../planning/rollout/deltas.ts';
import type { ShadowMessage } from '../shadow/protocol.ts';
import type { StatePort } from '../state/state-port.ts';
import type { Image } from './image.ts';

/** Of one engine, for its whole life. */
export interface EngineParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly state: StatePort;
  readonly image: Image;
  /** Says something to a device; resolves when the broker has it. */
  readonly publish: (message: ShadowMessage) => Promise<void>;
  /** A DSSE envelope by the deployment key. */
  readonly sign: (deployment: Deployment) => string;
  /** The id of that key. */
  readonly keyId: string;
  /** Makes an envelope available that travels by digest; durable when it resolves. */
  readonly putBlob: (bytes: Uint8Array) => Promise<unknown>;
  /** Of the deltas to these releases from those bases, by `NAME/VERSION`, how many are still to be made. */
  readonly deltasTo: (releases: readonly string[], bases: ReadonlySet<string>) => Deltas;
  /** Whether the broker tells who is connected. */
  readonly tellsConnections: boolean;
  /** Something is otherwise for these devices, or for all that is shown when it is undefined. */
  readonly onChange: (devices: ReadonlySet<string> | readonly string[] | undefined) => void;
}

/** What git wants before anything was read of it. */
export const noFleet: DesiredFleet = {
  applications: new Map(),
  fleets: new Map(),
  sites: new Map(),
  secrets: new Map(),
  manifests: new Map(),
  catalogue: new Map(),
  devices: new Map(),
  pins: new Map(),
};
