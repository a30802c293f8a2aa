/** What devices' applications have to say to the shore, as it comes in from the broker, and the shore's answers. */
import type { BusMessage, Clock, MessageBus } from '../../../platform/ports.ts';
import { type BatchAnswer, encodeAnswer } from '../../../schemas/batch-answer.ts';
import { BatchError, batchTopics, type MessageBatch, readPart, unpackBatch } from '../../../schemas/message-batch.ts';
import type { AuthorizationRefusal } from '../../authority/authorization.ts';
import type { Guard } from '../guard.ts';
import type { TakePart } from '../part-outcome.ts';
import { RateLimits } from '../rate-limits.ts';
import { BatchAssembly } from './batch-assembly.ts';
import { batchFilter, deviceOfBatchTopic } from './message-topics.ts';

/** What it stands on. */
export interface MessageDoorParts {
  readonly bus: Pick<MessageBus, 'subscribe'>;
  readonly guard: Guard;
  readonly clock: Clock;
  /** Whether git names the device. */
  readonly knows: (device: string) => boolean;
  /** The answer to a batch, if one is to be given. */
  readonly take: (device: string, batch: MessageBatch) => Promise<BatchAnswer | undefined>;
  readonly say: (message: { readonly topic: string; readonly payload: Uint8Array }) => Promise<void>;
  readonly onRefusal: (refusal: AuthorizationRefusal & { readonly device: string }) => void;
}

/** Parts of one device: its agent keeps below the average, and a whole batch comes at once. What is more is not read. */
const partsPerSecond = 10;
const partsBurst = 120;
/** Until its bucket has room for half of a batch. */
const tooManySeconds = partsBurst / 2 / partsPerSecond;
const devicesRemembered = 20_000;

class MessageDoor {
  readonly #parts: MessageDoorParts;
  readonly #assembly = new BatchAssembly();
  readonly #rates: RateLimits;

  constructor(parts: MessageDoorParts) {
    this.#parts = parts;
    const monotonic = (): number => parts.clock.monotonic();
    this.#rates = new RateLimits({
      ...{ perSecond: partsPerSecond, burst: partsBurst, rememberedMax: devicesRemembered, monotonic },
    });
  }

  readonly receive = ({ topic, payload }: BusMessage): void => {
    const device = deviceOfBatchTopic(topic);
    if (device !== undefined) void this.#parts.guard.run('mqtt', device, () => this.#hear(device, payload));
  };

  async #hear(device: string, payload: Uint8Array): Promise<void> {
    const { knows, onRefusal, say } = this.#parts;
    if (!knows(device)) {
      return onRefusal({ device, code: 'DEVICE_UNKNOWN', message: `no manifest names a device ${device}` });
    }
    const outcome = await this.take(device, payload);
    if (outcome.kind === 'too-many' || outcome.answer === undefined) return;
    // A device that hears nothing sends it again; a broker that takes nothing is told of where it is looked after.
    await say({ topic: batchTopics(device).taken, payload: outcome.answer }).catch(() => {});
  }

  readonly take: TakePart = async (device, payload) => {
    if (!this.#rates.take(device)) return { kind: 'too-many', seconds: tooManySeconds };
    const batch = this.#read(device, payload);
    const answer = batch === undefined ? undefined : await this.#parts.take(device, batch);
    return { kind: 'heard', ...(answer && { answer: encodeAnswer(answer) }) };
  };

  #read(device: string, payload: Uint8Array): MessageBatch | undefined {
    try {
      const packed = this.#assembly.add(device, readPart(payload));
      return packed === undefined ? undefined : unpackBatch(packed);
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      this.#parts.onRefusal({ device, code: error.code, message: error.message });
      return undefined;
    }
  }
}

/** Opens the door: from now on batches are handed on, and answered. Gives what takes parts that come another way. */
export async function openMessageDoor(parts: MessageDoorParts): Promise<TakePart> {
  const door = new MessageDoor(parts);
  await parts.bus.subscribe(batchFilter, door.receive);
  return door.take;
}
