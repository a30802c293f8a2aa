/** Requests of devices to their shadows, as they come in from the broker, and the way to say something to them. */
import type { BusMessage, MessageBus } from '../../../platform/ports.ts';
import { isParcelOrder } from '../../../schemas/parcel-order.ts';
import type { ShadowMessage } from '../../shadow/protocol.ts';
import { parseRequestTopic, requestFilter, type ShadowOperation, shadowOperations } from '../../shadow/topics.ts';
import type { Guard } from '../guard.ts';

/** A request as it arrived; whoever takes it judges it. */
export interface ShadowRequestArrived {
  readonly device: string;
  readonly operation: ShadowOperation;
  readonly payload: Uint8Array;
}

export interface ShadowDoorParts {
  readonly bus: MessageBus;
  readonly guard: Guard;
  readonly take: (request: ShadowRequestArrived) => void;
  /** Takes what is an order of a parcel; without it that is a request that nobody understands. */
  readonly order?: (device: string, payload: Uint8Array) => unknown;
}

/** Opens the door: from now on every request to a shadow is handed on. */
export async function openShadowDoor({ bus, guard, take, order }: ShadowDoorParts): Promise<void> {
  const receive = ({ topic, payload }: BusMessage): void => {
    const asked = parseRequestTopic(topic);
    if (asked === undefined) return;
    const isOrder = order !== undefined && asked.operation === 'get' && isParcelOrder(payload);
    const hand = () => (isOrder ? order(asked.device, payload) : take({ ...asked, payload }));
    void guard.run('mqtt', asked.device, hand);
  };
  for (const operation of shadowOperations) await bus.subscribe(requestFilter(operation), receive);
}

/** Says something to a device. Where it is certain that it has not subscribed to it, not even the bytes are made. */
export async function say(bus: MessageBus, message: ShadowMessage): Promise<void> {
  if (bus.mayBeHeard?.(message.topic) === false) return;
  await bus.publish(message.topic, message.payload);
}
