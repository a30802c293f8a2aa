/** A whole fleet connects by mutual TLS, and once more when its broker was killed and is there again. */
import { connectAll } from './crowd.ts';
import type { Part } from './part.ts';
import { startShore } from './shore.ts';

/** Seconds to all connected, at first and after a restart; the broker's computing and memory for each. */
export const connects: Part = async (kind, crowd) => {
  const first = await startShore(kind, crowd);
  const emptyKb = first.rssKb();
  const cpuBeforeMs = first.cpuMs();
  const startedAt = performance.now();
  await connectAll(crowd, first.port);
  const connectS = (performance.now() - startedAt) / 1000;
  const { longestBlockMs, longestTurnCpuMs } = await first.sample();
  const kbEach = (first.rssKb() - emptyKb) / crowd.devices.length;
  const cpuMsEach = (first.cpuMs() - cpuBeforeMs) / crowd.devices.length;
  await first.stop();
  const restartedAt = performance.now();
  const second = await startShore(kind, crowd, { port: first.port });
  const devices = await connectAll(crowd, second.port);
  const backS = (performance.now() - restartedAt) / 1000;
  for (const device of devices) device.end();
  await second.stop();
  return { devices: crowd.devices.length, connectS, backS, cpuMsEach, kbEach, longestBlockMs, longestTurnCpuMs };
};
