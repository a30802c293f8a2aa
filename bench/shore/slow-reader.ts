/** One device asks nine times a second and never reads; another one asks twice a second and measures how long it waits. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Device } from './device.ts';
import type { Part } from './part.ts';
import { startShore } from './shore.ts';

const askEveryMs = 110;
/** With these at first, the sockets of the system are full before the minute is over. */
const askedAtOnce = 90;
const measureEveryMs = 500;
const seconds = 60;
/** As long as a report may be. */
const asked = JSON.stringify({ state: { reported: { filler: 'x'.repeat(3800) } } });

/** The longest that the other one waited, and how often the silent one was cut off. */
export const slowReader: Part = async (kind, crowd) => {
  const [bad, good] = crowd.devices;
  const shore = await startShore(kind, crowd, { answerBytes: 15_000 });
  const reader = await Device.connect(good!.name, shore.port, good!.context);
  await reader!.subscribe('answers');
  let cutOff = 0;
  let silent: Device | undefined;
  const endsAt = performance.now() + seconds * 1000;
  const attack = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      silent = await Device.connect(bad!.name, shore.port, bad!.context);
      await silent?.subscribe('all');
      silent?.stopReading();
      for (let n = 0; n < askedAtOnce; n += 1) silent?.say(asked);
      while (silent?.isOpen && performance.now() < endsAt) {
        silent.say(asked);
        await sleep(askEveryMs);
      }
      if (performance.now() < endsAt) cutOff += 1;
    }
  };
  const attacking = attack();
  let longestWaitMs = 0;
  while (performance.now() < endsAt) {
    const askedAt = performance.now();
    await reader!.ask('{}');
    longestWaitMs = Math.max(longestWaitMs, performance.now() - askedAt);
    await sleep(measureEveryMs);
  }
  await attacking;
  silent?.end();
  reader!.end();
  await shore.stop();
  return { longestWaitMs, cutOff };
};
