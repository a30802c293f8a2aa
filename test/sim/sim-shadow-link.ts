/** The agent's shadow link in the simulated world: what the real one says, over the simulated broker. */
import { stranger } from '../../device-agent/transport/acquaintance.ts';
import type { LinkTrouble } from '../../device-agent/transport/link-trouble.ts';
import type { ShadowLink, ShadowLinkHandlers } from '../../device-agent/transport/shadow-link.ts';
import { ShadowTalk } from '../../device-agent/transport/shadow-talk.ts';
import type { BusMessage, Clock } from '../../platform/ports.ts';
import type { Life } from '../../platform/simulated/clock.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import { batchTopics } from '../../schemas/message-batch.ts';
import type { SimBroker, SimSession } from './sim-bus.ts';
import type { SimLink } from './sim-network.ts';

const answerSecondsMax = 30;
const reconnectMs = { least: 2_000, most: 120_000 };

export function simShadowLink(options: {
  readonly broker: SimBroker;
  readonly link: SimLink;
  /** Of the process that holds the link. */
  readonly life: Life;
  readonly clock: Clock;
  readonly random: SimRandom;
  /** The least pause before a session is tried again. */
  readonly restMs: () => number;
  /** Why either side does not take the other's certificate; undefined where both do. */
  readonly refusal: () => LinkTrouble | undefined;
}): ShadowLink {
  const { broker, link, life, clock, random, restMs, refusal } = options;
  const { device } = link;
  const topics = batchTopics(device);
  const acquaintance = stranger();
  let handlers: ShadowLinkHandlers | undefined;
  let session: SimSession | undefined;
  let talk: ShadowTalk | undefined;
  let attempts = 0;
  let pause: Disposable | undefined;

  const receive = ({ topic, payload }: BusMessage): void => {
    if (!life.alive) return;
    if (topic === topics.taken) handlers?.onBatchAnswer(payload);
    else talk?.heard(topic, payload);
  };

  const lost = (): void => {
    session = undefined;
    talk?.close();
    talk = undefined;
    if (!life.alive) return;
    handlers?.onConnection(false);
    retry();
  };

  const retry = (): void => {
    const limit = Math.min(reconnectMs.most, reconnectMs.least * 2 ** attempts);
    attempts += 1;
    pause = clock.after(Math.max(restMs(), limit * (0.5 + random.fraction() / 2)), connect);
  };

  const connect = (): void => {
    pause?.[Symbol.dispose]();
    if (handlers === undefined || session !== undefined) return;
    const trouble = broker.reaches(link) ? refusal() : undefined;
    if (trouble !== undefined) {
      handlers.onTrouble(trouble);
      return retry();
    }
    const opened = broker.connect(link, receive, lost);
    if (opened === undefined) return retry();
    session = opened;
    attempts = 0;
    const talking = new ShadowTalk({
      ...{ device, clock, answerSecondsMax, acquaintance },
      say: (topic, payload) =>
        opened.publish(topic, typeof payload === 'string' ? new TextEncoder().encode(payload) : payload),
      subscribe: async () => true,
      onDoubt: () => {},
      onDesired: (desired) => handlers?.onDesired(desired),
    });
    talk = talking;
    handlers.onConnection(true);
    void talking
      .open()
      .then(() => talking.fetchDesired())
      .catch(() => opened.close());
  };

  return {
    get isFollowed() {
      return acquaintance.isFollowed;
    },
    start: (given) => {
      handlers = given;
      if (given.desired !== undefined) acquaintance.desired = given.desired;
      connect();
    },
    report: async (report) => (await talk?.report(report)) ?? 'offline',
    orderParcel: async (order) => await talk?.orderParcel(order),
    sendBatchPart: async (part) => {
      if (session === undefined) return false;
      return session.publish(topics.out, part).then(
        () => true,
        () => false,
      );
    },
    lookAgain: () => {
      if (session !== undefined) return;
      attempts = 0;
      connect();
    },
    wake: () => 0,
    stop: async () => {
      handlers = undefined;
      session?.close();
    },
  };
}
