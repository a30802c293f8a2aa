import { setTimeout as sleep } from 'node:timers/promises';
import { type LinkBytes, minus } from './counted-relay.ts';
import { MeasuredAgent, type MeasuredWorld } from './measured-agent.ts';

/** As often as the configuration lets it be. */
const everySeconds = 60;

/** Of the first question, which is longer, with what follows from a start. */
const settleMs = 30_000;

const sum = ({ up, down }: LinkBytes): number => up + down;

/** What asking over HTTPS takes as IP, each question in a connection of its own. */
export interface AskingBytes {
  /** The first of an agent, with which both ends show certificates, and the whole report goes. */
  readonly first: number;
  /** One that the device comes back for, where nothing is news. */
  readonly again: number;
}

/** Measures both with one agent. */
export async function measureAsking(world: MeasuredWorld, minutes: number): Promise<AskingBytes> {
  const settings = ['--contact.mode=poll', `--contact.intervalSeconds=${everySeconds}`];
  const start = world.relays.totals()[0]!;
  const agent = await MeasuredAgent.start(world, settings, 'agent.started');
  await sleep(settleMs);
  const [before, counter] = [agent.bytes().https, (await agent.status()).report!.counter];
  // Half of an interval after a question all of its connection is counted.
  await sleep(minutes * 60_000);
  const [after, last] = [agent.bytes().https, (await agent.status()).report!.counter];
  await agent.stop();
  return { first: sum(minus(before, start)), again: sum(minus(after, before)) / (last - counter) };
}
