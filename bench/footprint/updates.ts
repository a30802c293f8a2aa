/** A fleet of one device on this machine, whose agent takes update after update: what of them stays in its memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesOf } from '../../test/end-to-end/processes.ts';
import { makeWorld, startWorld, type TestWorld } from '../../test/end-to-end/world.ts';
import { changeRelease } from '../change-release.ts';
import { type ProcessMemory, peakKb, processMemory } from './process-memory.ts';

const device = 'truck-7-cab';
const convergeMsMax = 60_000;
/** In place of the demo's agent, which has the flags of the demo, comes one that is started as the unit does it. */
const neverMs = 2 ** 30;

async function startAgent(made: TestWorld, program: string): Promise<ChildProcess> {
  const ended = made.world.pidOf(device)!;
  process.kill(ended, 'SIGKILL');
  const { directory } = made.fleet.devices[0]!;
  const agent = spawn(process.execPath, [program, '--config', `${directory}/fleet.config.yaml`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const chunk of agent.stderr!) if (String(chunk).includes('link.connected')) break;
  return agent;
}

/** The supervisor at rest after so many updates, and the most that a courier took on the way. */
export async function measureUpdates(
  program: string,
  updates: number,
  settleMs: number,
): Promise<{ readonly supervisor: ProcessMemory; readonly courierPeakKb: number }> {
  await using stack = new AsyncDisposableStack();
  const made = await makeWorld({ teardown: (end) => stack.defer(async () => void (await end())) }, [device]);
  await startWorld(made, { restartMs: neverMs });
  const agent = await startAgent(made, program);
  let courierPeakKb = 0;
  for (let update = 0; update < updates; update++) {
    changeRelease(made, update);
    await made.world.converge(await made.world.commit(`update ${update}`), convergeMsMax);
    const courier = processesOf(made.directory).find(({ command }) =>
      command.some((word) => word.endsWith('/courier.js')),
    );
    if (courier !== undefined) courierPeakKb = Math.max(courierPeakKb, peakKb(courier.pid));
  }
  await sleep(settleMs);
  const memory = processMemory(agent.pid!);
  agent.kill('SIGTERM');
  await once(agent, 'exit');
  return { supervisor: memory, courierPeakKb };
}
