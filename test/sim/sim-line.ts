/** A simulated device's line to its controller, put together as the supervisor does: the real links over a simulated session and courier. */
import { withoutBrokerFirstMs } from '../../device-agent/rhythm.ts';
import type { LinkTrouble } from '../../device-agent/transport/link-trouble.ts';
import type { AskNews, SendPart } from '../../device-agent/transport/news.ts';
import { NewsLink } from '../../device-agent/transport/news-link.ts';
import type { ShadowLink } from '../../device-agent/transport/shadow-link.ts';
import { StayingLink } from '../../device-agent/transport/staying-link.ts';
import type { Clock, Log } from '../../platform/ports.ts';
import type { Life } from '../../platform/simulated/clock.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import type { SimBroker } from './sim-bus.ts';
import type { SimLink } from './sim-network.ts';
import { simShadowLink } from './sim-shadow-link.ts';

/** How a device is in touch: by sessions alone, by these and over HTTPS where there is none, or it asks now and then. */
export interface SimContact {
  readonly mode: 'session' | 'stay' | 'poll';
  readonly intervalSeconds: number;
}

/** What a line is made of. */
export interface SimLineOptions {
  readonly broker: SimBroker;
  readonly link: SimLink;
  readonly life: Life;
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly log: Log;
  readonly contact: SimContact;
  readonly ask: AskNews;
  readonly send: SendPart;
  readonly refusal: () => LinkTrouble | undefined;
}

/** Opens it. */
export function simLine({ broker, link, life, contact, refusal, ...asking }: SimLineOptions): ShadowLink {
  const mostMs = contact.intervalSeconds * 1000;
  if (contact.mode === 'poll') return new NewsLink({ ...asking, why: 'plan', rhythm: { fromMs: mostMs, mostMs } });
  const { clock, random } = asking;
  const session = simShadowLink({ broker, link, life, clock, random, restMs: () => line.restMs, refusal });
  const rhythm = { fromMs: Math.min(withoutBrokerFirstMs, mostMs), mostMs };
  const openNews = (): NewsLink => new NewsLink({ ...asking, why: 'no-mqtt', rhythm });
  const line: StayingLink = new StayingLink({ clock, session, openNews });
  return contact.mode === 'session' ? session : line;
}
