/** All devices report in the same moment, as often as makes 20,000 reports. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAll } from './crowd.ts';
import type { Part } from './part.ts';
import { startShore } from './shore.ts';

/** Of one report: as long as an agent's with ten applications. */
const report = JSON.stringify({ state: { reported: { filler: 'x'.repeat(1500) } } });

const reportsInAll = 20_000;

/** What the embedded broker takes of one device at once. */
const burstMax = 100;

const patienceMs = 120_000;

/** How many of the devices had all their reports answered, how long it took until the last one was, and the broker's computing. */
export const reports: Part = async (kind, crowd) => {
  const shore = await startShore(kind, crowd);
  const devices = await connectAll(crowd, shore.port);
  const each = Math.min(burstMax, Math.ceil(reportsInAll / devices.length));
  await shore.sample();
  const cpuBeforeMs = shore.cpuMs();
  let answered = 0;
  const startedAt = performance.now();
  let lastAt = startedAt;
  const all = devices.map(async (device) => {
    if (!(await device.ask(report, each))) return;
    answered += each;
    lastAt = performance.now();
  });
  await Promise.race([Promise.all(all), sleep(patienceMs, undefined, { ref: false })]);
  const { longestBlockMs, longestTurnCpuMs } = await shore.sample();
  const cpuMs = shore.cpuMs() - cpuBeforeMs;
  for (const device of devices) device.end();
  await shore.stop();
  const seconds = (lastAt - startedAt) / 1000;
  return { reports: devices.length * each, answered, seconds, cpuS: cpuMs / 1000, longestBlockMs, longestTurnCpuMs };
};
