import test from 'ava';
import { AwsShadowLink } from '../../../device-agent/transport/aws-shadow-link.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { nodeRelays } from '../../../platform/node/relay.ts';

function newLink(due: Promise<void>) {
  let asked = 0;
  const link = new AwsShadowLink({
    ...{ device: 'buoy', host: '127.0.0.1', port: 9, keepAliveSeconds: 30, relays: nodeRelays },
    ...{ clock: nodeClock, random: nodeRandom, log: { write: () => {} } },
    identity: () => {
      asked += 1;
      return undefined;
    },
    due: () => due,
  });
  link.start({ onDesired: () => {}, onBatchAnswer: () => {}, onConnection: () => {} });
  return { link, asked: () => asked };
}

test('a link does nothing before it is due, and is stopped at once', async (t) => {
  const { link, asked } = newLink(new Promise(() => {}));
  await new Promise(setImmediate);
  t.is(asked(), 0);
  await link.stop();
});

test('a link connects when it is due', async (t) => {
  const { link, asked } = newLink(Promise.resolve());
  await new Promise(setImmediate);
  t.is(asked(), 1);
  await link.stop();
});
