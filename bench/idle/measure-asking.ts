import { setTimeout as sleep } from 'node:timers/promises';
import { minus } from './counted-relay.ts';
import { MeasuredAgent, type MeasuredWorld } from './measured-agent.ts';

/** As often as the configuration lets it be. */
const everySeconds = 60;

/** Of the first question, which is longer, with what follows from a start. */
const settleMs = 30_000;

/** Bytes of IP that one question for news over HTTPS takes, each in a connection of its own, where nothing is news. */
export async function measureAsking(world: MeasuredWorld, minutes: number): Promise<number> {
  const settings = ['--contact.mode=poll', `--contact.intervalSeconds=${everySeconds}`];
  const agent = await MeasuredAgent.start(world, settings, 'agent.started');
  await sleep(settleMs);
  const [before, first] = [agent.bytes().https, (await agent.status()).report!.counter];
  // Half of an interval after a question all of its connection is counted.
  await sleep(minutes * 60_000);
  const [{ up, down }, last] = [minus(agent.bytes().https, before), (await agent.status()).report!.counter];
  await agent.stop();
  return (up + down) / (last - first);
}
