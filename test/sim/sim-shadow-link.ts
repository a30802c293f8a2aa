/** The agent's shadow link in the simulated world: the real shadow protocol over the simulated broker. */
import { ReportedState } from '../../device-agent/transport/reported-state.ts';
import type { ShadowLink, ShadowLinkHandlers } from '../../device-agent/transport/shadow-link.ts';
import type { BusMessage, Clock } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { batchTopics } from '../../schemas/message-batch.ts';
import type { SimBroker, SimSession } from './sim-bus.ts';
import type { Life } from './sim-clock.ts';
import type { SimLink } from './sim-network.ts';
import type { SimRandom } from './sim-random.ts';

const answerTimeoutMs = 30_000;
const reconnectMs = { least: 2_000, most: 120_000 };

export function simShadowLink(options: {
  readonly broker: SimBroker;
  readonly link: SimLink;
  /** Of the process that holds the link. */
  readonly life: Life;
  readonly clock: Clock;
  readonly random: SimRandom;
}): ShadowLink {
  const { broker, link, life, clock, random } = options;
  const prefix = `$aws/things/${link.device}/shadow/name/fleet`;
  const waiting = new Map<string, (how: 'accepted' | 'rejected' | 'offline') => void>();
  const topics = batchTopics(link.device);
  let handlers: ShadowLinkHandlers | undefined;
  let session: SimSession | undefined;
  let reported = new ReportedState();
  let tokens = 0;
  let attempts = 0;
  let pause: Disposable | undefined;

  const send = async (operation: 'get' | 'update', body: unknown): Promise<void> => {
    await session?.publish(`${prefix}/${operation}`, new TextEncoder().encode(JSON.stringify(body)));
  };

  const ask = (): void => {
    send('get', {}).catch(() => {});
  };

  const receive = ({ topic, payload }: BusMessage): void => {
    if (!life.alive) return;
    if (topic === topics.taken) return handlers?.onBatchAnswer(payload);
    const body = JSON.parse(new TextDecoder().decode(payload));
    switch (topic.slice(prefix.length + 1)) {
      case 'get/accepted': {
        const strangers = reported.found(body.state?.reported);
        if (strangers !== undefined) send('update', { state: { reported: strangers } }).catch(() => {});
        if (body.state?.desired !== undefined) handlers?.onDesired(body.state.desired);
        return;
      }
      case 'update/delta':
        return ask();
      case 'update/accepted':
        return waiting.get(body.clientToken)?.('accepted');
      case 'update/rejected':
        return waiting.get(body.clientToken)?.('rejected');
    }
  };

  const lost = (): void => {
    session = undefined;
    if (!life.alive) return;
    for (const settle of [...waiting.values()]) settle('offline');
    handlers?.onConnection(false);
    retry();
  };

  const retry = (): void => {
    const limit = Math.min(reconnectMs.most, reconnectMs.least * 2 ** attempts);
    attempts += 1;
    pause = clock.after(limit * (0.5 + random.fraction() / 2), connect);
  };

  const connect = (): void => {
    pause?.[Symbol.dispose]();
    if (handlers === undefined || session !== undefined) return;
    session = broker.connect(link, receive, lost);
    if (session === undefined) return retry();
    attempts = 0;
    reported = new ReportedState();
    handlers.onConnection(true);
    ask();
  };

  return {
    start: (given) => {
      handlers = given;
      connect();
    },
    report: (report: Report) =>
      new Promise((resolve) => {
        if (session === undefined) return resolve('offline');
        tokens += 1;
        const clientToken = `${link.device}-${tokens}`;
        const settle = (how: 'accepted' | 'rejected' | 'offline'): void => {
          timer[Symbol.dispose]();
          waiting.delete(clientToken);
          resolve(how);
        };
        const timer = clock.after(answerTimeoutMs, () => settle('offline'));
        waiting.set(clientToken, settle);
        send('update', { state: { reported: reported.updateFor(report) }, clientToken }).catch(() => settle('offline'));
      }),
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
    stop: async () => {
      handlers = undefined;
      session?.close();
    },
  };
}
