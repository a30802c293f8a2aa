/** A bundle of all that a shore serves, as it is carried to a device. */
import { bundlePayloadType, signEnvelope } from '../../../artifact/trust/dsse.ts';
import { bundleHead, takenFileName } from '../../../schemas/bundle-file.ts';
import type { BundleStatement, Deployment } from '../../../schemas/generated/types.ts';
import type { Ship } from '../ship.ts';
import { type AppWish, dayMs, type Shore, sha256 } from '../shore.ts';

/** Where a stick is found. */
export const stick = '/mnt/aurora.bundle';

export interface Carried {
  readonly sequence: number;
  readonly apps: readonly AppWish[];
  readonly change?: Partial<Deployment>;
  readonly days?: number;
  readonly key?: Shore['deploymentKey'];
  readonly devices?: readonly string[];
  /** What the shore has of the messages of the first of them, as it lies in a file. */
  readonly taken?: object;
  /** Of these files, none. */
  readonly without?: (name: string) => boolean;
}

/** The bytes of a bundle. */
export function bundleOf(shore: Shore, { sequence, apps, change, ...terms }: Carried): Buffer {
  const { days = 30, key = shore.deploymentKey, devices = [shore.device], taken, without = () => false } = terms;
  const envelope = Buffer.from(shore.envelope(shore.deployment(sequence, apps, change)));
  const all = { ...shore.files, [`/sha256/${sha256(envelope)}`]: envelope };
  const word = taken && { [`/${takenFileName(devices[0]!)}`]: Buffer.from(JSON.stringify(taken)) };
  const files = Object.entries({ ...all, ...word }).filter(([path]) => !without(path));
  const statement: BundleStatement = {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'Bundle' },
    issuedAt: new Date(shore.nowMs).toISOString(),
    notAfter: new Date(shore.nowMs + days * dayMs).toISOString(),
    deployments: devices.map((device) => ({ device, sequence, sha256: sha256(envelope) })) as never,
    files: files.map(([path, bytes]) => ({
      ...{ name: path.slice(1), length: bytes.length, sha256: sha256(bytes) },
    })) as never,
  };
  const lease = signEnvelope(bundlePayloadType, Buffer.from(JSON.stringify(statement)), [key]);
  return Buffer.concat([bundleHead(lease), ...files.map(([, bytes]) => bytes)]);
}

/** Puts it where sticks are found. */
export function plugIn({ disk }: Ship, bytes: Uint8Array): void {
  disk.makeDirectory('/mnt');
  using file = disk.open(stick, 'write');
  file.truncate(0);
  file.write(0, bytes);
  file.sync();
}

/** Has the device take it, and says what became of that. */
export async function apply(ship: Ship, bytes: Uint8Array, seconds = 60): Promise<Record<string, unknown>> {
  plugIn(ship, bytes);
  await ship.ask({ ask: 'apply', file: stick });
  await ship.run(seconds);
  const { kind, sequence, problem } = (await ship.ask({ ask: 'bundle' })).bundle as Record<string, unknown>;
  return { kind, ...(sequence === undefined ? {} : { sequence }), ...(problem === undefined ? {} : { problem }) };
}
