/** Requests of devices to their shadows, as they come in from the broker, and the way to say something to them. */
import type { BusMessage, Log, MessageBus } from '../../../platform/ports.ts';
import { parseRequestTopic, requestFilter, type ShadowOperation, shadowOperations } from '../../shadow/topics.ts';

/** A request as it arrived; whoever takes it judges it. */
export interface ShadowRequestArrived {
  readonly device: string;
  readonly operation: ShadowOperation;
  readonly payload: Uint8Array;
}

export interface ShadowDoorParts {
  readonly bus: MessageBus;
  readonly log: Log;
  readonly take: (request: ShadowRequestArrived) => void;
}

/** Opens the door: from now on every request to a shadow is handed on. */
export async function openShadowDoor({ bus, log, take }: ShadowDoorParts): Promise<void> {
  const receive = ({ topic, payload }: BusMessage): void => {
    const asked = parseRequestTopic(topic);
    if (asked === undefined) return;
    try {
      take({ ...asked, payload });
    } catch (error) {
      // One device's message must not end the service for all others; the device asks again when no answer comes.
      log.write('error', 'shadow.failed', { device: asked.device, error: String(error) });
    }
  };
  for (const operation of shadowOperations) await bus.subscribe(requestFilter(operation), receive);
}
