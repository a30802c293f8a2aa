import test from 'ava';
import { AwsShadowLink } from '../../../device-agent/transport/aws-shadow-link.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { nodeRelays } from '../../../platform/node/relay.ts';
import type { Log, ProcessRoom } from '../../../platform/ports.ts';

const plenty: ProcessRoom = { descriptors: 1000, threads: 1000 };

function newLink(due: Promise<void>, room = plenty, log: Log = { write: () => {} }) {
  let asked = 0;
  const link = new AwsShadowLink({
    ...{ device: 'buoy', host: '127.0.0.1', port: 9, keepAliveSeconds: 30, relays: nodeRelays },
    ...{ clock: nodeClock, random: nodeRandom, log, room: () => room },
    identity: () => {
      asked += 1;
      return room === plenty ? undefined : { ca: '', certificate: '', key: '' };
    },
    due: () => due,
  });
  link.start({
    countTravel: () => {},
    onDesired: () => {},
    onBatchAnswer: () => {},
    onConnection: () => {},
    onTrouble: () => {},
  });
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

test('where the native library would end the process for want of a descriptor or a thread, the link says so and tries later', async (t) => {
  const lacks = [
    [{ ...plenty, descriptors: 4 }, /the link needs 12 more open files.*raise LimitNOFILE/],
    [{ ...plenty, threads: -1 }, /the link needs 8 more threads.*raise TasksMax/],
  ] as const;
  for (const [room, reason] of lacks) {
    const told = Promise.withResolvers<string>();
    const log: Log = { write: (_, event, fields) => told.resolve(`${event} ${fields?.reason}`) };
    const { link } = newLink(Promise.resolve(), room, log);
    t.regex(await told.promise, new RegExp(`^link.offline .*${reason.source}`));
    await link.stop();
  }
});
