/** An engine over a real state, for tests that play the devices, and the broker where they bring none. */

import { openShadowDoor, say } from '../../../controller/doors/mqtt/shadow-door.ts';
import { type Context, described } from '../../../controller/engine/context.ts';
import { Engine } from '../../../controller/engine/engine.ts';
import { type EngineParts, noFleet } from '../../../controller/engine/engine-parts.ts';
import type { EngineEvent } from '../../../controller/engine/events.ts';
import { loadImage } from '../../../controller/engine/load-image.ts';
import type { DesiredDevice, DesiredFleet } from '../../../controller/manifests/desired.ts';
import { noneOpen } from '../../../controller/planning/rollout/deltas.ts';
import type { ShadowMessage } from '../../../controller/shadow/protocol.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../../controller/state/state-port.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import type { Clock, Log, MessageBus } from '../../../platform/ports.ts';
import { Turn } from '../../../platform/turn.ts';
import type { Deployment, Report } from '../../../schemas/generated/types.ts';
import { quietGuard } from '../doors/scene.ts';

export const revision = 'a'.repeat(40);

/** Of fleets without waves. */
export const noRollouts: Context['rollouts'] = {
  of: () => undefined,
  permitted: (_known, device) => ({ device }),
  view: () => undefined,
};

/** What no fleet wants of a device. */
const template = { probationSeconds: 30, applications: [], hash: 'f'.repeat(64) };

/** A device that git names, with this key. */
export function namedDevice(name: string, keyFingerprint: string): DesiredDevice {
  return { name, labels: {}, keyFingerprint, darkAfterSeconds: 3600, template };
}

export function fleetOf(devices: Iterable<DesiredDevice>): DesiredFleet {
  const byName = new Map([...devices].map((device) => [device.name, device]));
  return { ...noFleet, devices: byName };
}

/** A report that says little. */
export function reportOf(counter: number, more: Partial<Report> = {}): Report {
  const at = '2026-03-01T00:00:00.000Z';
  return {
    at,
    counter,
    agentVersion: '0.1.0',
    phase: 'idle',
    since: at,
    highestSequence: 0,
    applications: [],
    ...more,
  };
}

/** The branch was looked at, and has what is in force. */
export const branchSeen: EngineEvent = {
  kind: 'source',
  source: { state: 'current', location: 'test', branch: 'main', problems: [] },
};

export interface TestEngineOptions {
  readonly state?: StatePort;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly publish?: (message: ShadowMessage) => Promise<void>;
  readonly sign?: (deployment: Deployment) => string;
  readonly putBlob?: (bytes: Uint8Array) => Promise<unknown>;
  readonly tellsConnections?: boolean;
  readonly onChange?: EngineParts['onChange'];
  readonly deltasTo?: EngineParts['deltasTo'];
}

export async function openEngine(options: TestEngineOptions = {}) {
  const { state = openSqliteState(':memory:'), clock = nodeClock, log = { write: () => {} } } = options;
  const { tellsConnections = false } = options;
  const { image, unreadable } = await loadImage(state, new Turn(clock), { tellsConnections });
  const engine = new Engine({
    ...{ clock, log, state, image },
    publish: options.publish ?? (async () => {}),
    sign: options.sign ?? ((deployment) => JSON.stringify(deployment)),
    keyId: 'key',
    putBlob: options.putBlob ?? (async () => {}),
    tellsConnections,
    onChange: options.onChange ?? (() => {}),
    deltasTo: options.deltasTo ?? (() => noneOpen),
  });
  /** Gives a device a deployment, as if it had been signed for it. */
  const desire = (device: string, sequence: number, envelope: string): Promise<void> => {
    const issued = { sequence, revision, issuedAt: clock.now(), templateHash: template.hash, applications: [] };
    return engine.ask({ kind: 'signed', device, issued, envelope });
  };
  const ask = (device: string, operation: 'get' | 'update' | 'delete', body: unknown): void =>
    engine.tell({
      ...{ kind: 'shadow-request', device, operation },
      payload: body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body)),
    });
  return {
    engine,
    image,
    unreadable,
    state,
    desire,
    ask,
    /** With its documents, which are at hand when it was heard or told in this life. */
    observe: (device: string) => described(image, engine.context, device, false),
  };
}

/** An engine behind a broker, for devices by their keys: what it hears there is asked, what it says is published. */
export async function openEngineOn(bus: MessageBus, devices: ReadonlyMap<string, string>, state?: StatePort) {
  const made = await openEngine({
    publish: (message) => say(bus, message),
    ...(state && { state }),
  });
  made.engine.resume(revision, fleetOf([...devices].map(([name, key]) => namedDevice(name, key))));
  await openShadowDoor({
    bus,
    guard: quietGuard,
    take: (request) => made.engine.tell({ kind: 'shadow-request', ...request }),
  });
  return made;
}
