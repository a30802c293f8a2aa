/**
 * The shadow service: answers devices' requests over a message bus, and is the controller's way to its devices.
 *
 * What a message says counts only once it is stored: every accepted change is durable before anybody is told of it.
 */
import type { BusMessage, Clock, Log, MessageBus } from '../../../../platform/ports.ts';
import type { ShadowDesired } from '../../../../schemas/generated/types.ts';
import type { OnRefusal } from '../../../authority/authorization.ts';
import type { KeyValueStore } from '../../../devices/device-store.ts';
import type { DeviceConnections } from '../device-connections.ts';
import type { ShadowHandlers, Shadows } from '../shadows.ts';
import { equalJson, type Json, type JsonObject, type Shadow } from './document.ts';
import {
  answerRequest,
  applyRequest,
  deltaMessages,
  rejectRequest,
  type ShadowMessage,
  type ShadowOutcome,
} from './protocol.ts';
import { type ShadowStore, shadowStore } from './shadow-store.ts';
import { parseRequestTopic, requestFilter, type ShadowRequestTopic, shadowOperations } from './topics.ts';

/** What the service stands on. */
export interface ShadowServiceOptions {
  readonly bus: MessageBus;
  readonly values: KeyValueStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether git names this device; what another one asks is answered with 404 and leaves no shadow in the store. */
  readonly knowsDevice: (device: string) => boolean;
  /** Told of such a one: a broker that is not ours may let it in. */
  readonly onRefusal?: OnRefusal;
  /** Of a broker that can tell. */
  readonly connections?: DeviceConnections;
}

/** What makes `desired` of what is there now: the protocol merges, so fields that have to go are set to null. */
export function changeTowards(current: JsonObject | undefined, desired: JsonObject): JsonObject {
  const gone = Object.keys(current ?? {}).filter((key) => !Object.hasOwn(desired, key));
  return { ...desired, ...Object.fromEntries(gone.map((key) => [key, null])) };
}

class ShadowService implements Shadows {
  readonly #options: ShadowServiceOptions;
  readonly #store: ShadowStore;
  #handlers: ShadowHandlers | undefined;

  constructor(options: ShadowServiceOptions) {
    this.#options = options;
    this.#store = shadowStore(options.values);
  }

  async start(handlers: ShadowHandlers): Promise<void> {
    const { bus, connections } = this.#options;
    this.#handlers = handlers;
    connections?.onConnection((device, connected) => this.#handlers?.onContact(device, connected));
    for (const operation of shadowOperations) {
      await bus.subscribe(requestFilter(operation), (message) => this.#receive(message));
    }
    for (const { device, version } of this.#store.unsent()) this.#publishDelta(device, version);
  }

  async setDesired(device: string, desired: ShadowDesired): Promise<void> {
    const wanted = desired as unknown as JsonObject;
    const shadow = this.#store.load(device);
    if (equalJson(shadow.state.desired, wanted)) return;
    const { next, messages } = this.#change(device, shadow, changeTowards(shadow.state.desired, wanted));
    this.#store.saveUnsent(device, next);
    this.#publish(messages, () => this.#store.markSent(device, next.version));
  }

  /** A device that reports so much that its desired state has no room left loses its report, not its deployments. */
  #change(device: string, shadow: Shadow, desired: JsonObject) {
    const nowMs = this.#options.clock.now();
    let outcome = applyRequest(device, shadow, 'update', { desired }, nowMs);
    if (outcome.next === undefined) {
      this.#options.log.write('warn', 'shadow.report-dropped', { device, reason: outcome.rejection?.message });
      outcome = applyRequest(device, shadow, 'update', { desired, reported: null }, nowMs);
    }
    if (outcome.next === undefined) throw new RangeError(`the desired state of ${device} is larger than a shadow`);
    return { next: outcome.next, messages: outcome.messages };
  }

  async remove(device: string): Promise<void> {
    const outcome = applyRequest(device, this.#store.load(device), 'delete', {}, this.#options.clock.now());
    if (outcome.next === undefined) return;
    this.#store.save(device, outcome.next);
    this.#publish(outcome.messages);
  }

  async stop(): Promise<void> {
    this.#handlers = undefined;
  }

  #receive(message: BusMessage): void {
    const asked = parseRequestTopic(message.topic);
    if (this.#handlers === undefined || asked === undefined) return;
    try {
      // One transaction: what the device is told was accepted is also known to whoever hears reports.
      const outcome = this.#options.values.atomically(() => this.#take(asked, message));
      this.#publish(outcome.messages);
    } catch (error) {
      // One device's message must not end the service for all others; the device asks again when no answer comes.
      this.#options.log.write('error', 'shadow.failed', { device: asked.device, error: String(error) });
    }
  }

  #take(asked: ShadowRequestTopic, message: BusMessage): ShadowOutcome {
    const outcome = this.#answer(asked, message);
    if (outcome.next !== undefined) this.#store.save(asked.device, outcome.next);
    this.#handlers?.onContact(asked.device, this.#options.connections === undefined ? undefined : true);
    if (asked.operation === 'update' && outcome.next !== undefined) this.#tellReported(asked.device, outcome.next);
    return outcome;
  }

  #answer({ device, operation }: ShadowRequestTopic, { payload }: BusMessage): ShadowOutcome {
    const { clock, knowsDevice, onRefusal } = this.#options;
    if (knowsDevice(device)) return answerRequest(device, this.#store.load(device), operation, payload, clock.now());
    onRefusal?.({ device, code: 'DEVICE_UNKNOWN', message: `no manifest names a device ${device}` });
    return rejectRequest(device, operation, { code: 404, message: 'Thing not found' }, clock.now());
  }

  #tellReported(device: string, shadow: Shadow): void {
    const reported: Json | undefined = shadow.state.reported;
    if (reported !== undefined) this.#handlers?.onReported(device, reported);
  }

  /** Says again what was stored but perhaps not said before the controller stopped. */
  #publishDelta(device: string, unsentVersion: number): void {
    const shadow = this.#store.load(device);
    const messages = deltaMessages(device, shadow, this.#options.clock.now());
    this.#publish(messages, () => this.#store.markSent(device, unsentVersion));
  }

  /** In order. A failure is logged: the state is stored, and the device learns it when it asks next. */
  #publish(messages: readonly ShadowMessage[], onSent?: () => void): void {
    const { bus, log } = this.#options;
    Promise.all(messages.map(({ topic, payload }) => bus.publish(topic, payload)))
      .then(() => onSent?.())
      .catch((error: unknown) => log.write('warn', 'shadow.unsent', { error: String(error) }));
  }
}

/** The shadow service over one bus and one store. */
export function createShadowService(options: ShadowServiceOptions): Shadows {
  return new ShadowService(options);
}
