/** Real agents over real links; `npm run bench -- links` leads them over all. */
import test from 'ava';
import { isHunt } from '../hunt.ts';
import type { Link } from './links.ts';
import { askTwoWays, measureLink } from './measure-link.ts';
import { lackOfNetworks } from './namespaces.ts';

const lack = lackOfNetworks();
if (lack !== undefined) console.log(`test/links: skipped: ${lack}`);
const onLinks = lack === undefined ? test.serial : test.skip;

// One real agent over one link is what the run has time for: the other is a hunt's, and of short segments `platform/node` is tested.
const inHunts = isHunt ? onLinks : test.skip;

/** For the run of all tests, which has no time for those that are there to be measured. */
const moments: Link = {
  name: 'moments',
  says: 'there for 8 s, away for 5, at 160 kbit/s: nobody is told, and what is sent meanwhile vanishes',
  lane: { delayMs: 20, lostShare: 0.005, bytesPerSecond: 20_000, queueMs: 1_000 },
  contacts: { upMs: 8_000, darkMs: 3_000 },
  ...{ freshBytes: 20_000, waitMs: 100_000 },
};

const narrow: Link = {
  name: 'narrow',
  says: 'packets of more than 1,200 bytes vanish; the agent has just started',
  lane: { delayMs: 20, lostShare: 0, bytesPerSecond: 200_000, queueMs: 1_000 },
  trouble: { kind: 'narrow', packetBytesMax: 1_200 },
  isNew: true,
  ...{ freshBytes: 20_000, waitMs: 100_000 },
};

onLinks('what is held to an interface goes out of that one, by its default route, whichever comes first', async (t) => {
  const seen = { usual: 'sat0', wlan0: 'wlan0', sat0: 'sat0', interfaces: ['sat0', 'wlan0'] };
  t.deepEqual(await askTwoWays(), seen);
});

onLinks(
  'an update comes over a link that is there for moments, each byte about once, and the shore hears of it',
  async (t) => {
    const passage = await measureLink(moments);
    t.log(JSON.stringify(passage));
    t.is(passage.lack, undefined);
    t.true(passage.neededBytes > moments.freshBytes && passage.neededBytes < moments.freshBytes + 5_000);
    t.true(passage.contacts <= 4);
    t.true(passage.takenBytes < passage.neededBytes + 30_000, 'nothing was taken twice');
    t.true(passage.downBytes > passage.neededBytes);
  },
);

inHunts('an update comes over a link that lets no long packet through, by an agent that nobody helps', async (t) => {
  const passage = await measureLink(narrow);
  t.log(JSON.stringify(passage));
  t.is(passage.lack, undefined);
  t.true(passage.handshakes <= 4, 'one comes to nothing, then each leads to something');
});
