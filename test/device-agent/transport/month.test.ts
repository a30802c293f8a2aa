/**
 * The real link, over real TLS and the real native library, through a month of contacts in one process: the device is in
 * contact twice a day, and each contact ends in one of the ways in which links end. Time on the link's clock runs 60 times as
 * fast, so its patience shrinks with the waiting; what the library waits for by itself does not.
 */
import { once } from 'node:events';
import test from 'ava';
import { nodeClock } from '../../../platform/node/clock.ts';
import type { Clock } from '../../../platform/ports.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { ByteLink } from './byte-link.ts';
import { openShore } from './shore.ts';

const contacts = 30;
const haste = 60;
const hasty: Clock = {
  ...nodeClock,
  sleep: (delayMs, signal) => nodeClock.sleep(delayMs / haste, signal),
  after: (delayMs, callback) => nodeClock.after(delayMs / haste, callback),
};

const endings = ['cut', 'refused', 'silent', 'silent-at-once', 'flapping'] as const;

function reportOf(counter: number): Report {
  const at = '2026-11-01T00:00:00.000Z';
  const head = { at, boot: { id: '1', number: 1 }, counter, agentVersion: '1', phase: 'active' as const, since: at };
  return { ...head, highestSequence: counter, applications: [] };
}

test('the link lives through a month of contacts that end in every way, and each brings what is wanted and takes what is said', async (t) => {
  t.timeout(110_000);
  const seed = Number(process.env.FLEET_SEED ?? 1);
  t.log(`FLEET_SEED=${seed}`);
  const random = new SimRandom(seed);
  const shore = await openShore(t);
  const { identity } = await shore.enrolledDevice('buoy');
  const broker = await shore.startBroker(0);
  const shadows = shore.openShadows(broker);
  await shadows.start();
  const link = await ByteLink.open(t, () => broker.port);
  const shadow = shore.openLink('buoy', link.port, identity, { clock: hasty });
  let isConnected = false;
  let wanted: unknown;
  let news = Promise.withResolvers<void>();
  const changed = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await news.promise;
  };
  shadow.start({
    onDesired: (desired) => {
      wanted = (desired as { sequence: number }).sequence;
      changed();
    },
    countTravel: () => {},
    onBatchAnswer: () => {},
    onTrouble: () => {},
    onConnection: (connected) => {
      isConnected = connected;
      changed();
    },
  });

  /** A report that travels as soon as it can, as the reporter's do. */
  const say = async (counter: number): Promise<void> => {
    for (;;) {
      await until(() => isConnected);
      if ((await shadow.report(reportOf(counter))) === 'accepted') return;
    }
  };

  for (let contact = 1; contact <= contacts; contact++) {
    await shadows.setDesired('buoy', { sequence: contact, envelope: `envelope ${contact}` });
    link.delayMs = random.integer(0, 15);
    await link.up();
    await until(() => isConnected && wanted === contact);
    await say(contact);
    t.is((shadows.reported('buoy') as Report).counter, contact);
    const ending = random.pick(endings)!;
    if (ending === 'cut' || ending === 'flapping') link.cut();
    if (ending === 'flapping') for (let time = 0; time < 3; time++) await once(link, 'join').then(() => link.cut());
    if (ending === 'refused') link.refuse();
    if (ending.startsWith('silent')) link.silence();
    if (ending === 'silent') {
      // What is said into the silence goes unanswered, and that is how it is noticed.
      t.is(await shadow.report(reportOf(contact)), 'offline');
      await until(() => !isConnected);
    }
  }
  await link.up();
  await until(() => isConnected);
  await shadow.stop();
  t.false(isConnected);
  while (link.open > 0) await once(link, 'left');
  await shadows.stop();
  await broker.close();
});
