import test from 'ava';
import { UnfitModule } from '../../../../device-agent/runtime/host/compiled-modules.ts';
import { guestLauncher } from '../../../../device-agent/runtime/host/guest-launcher.ts';
import type { RunPorts } from '../../../../device-agent/runtime/host/guest-run.ts';
import type { HostedApplication } from '../../../../device-agent/runtime/protocol.ts';
import { afterRun } from '../../../../device-agent/runtime/restart.ts';
import type { RunEnd } from '../../../../device-agent/runtime/run-end.ts';
import { FileError } from '../../../../platform/file-handles.ts';
import { nodeClock } from '../../../../platform/node/clock.ts';
import { DiskError } from '../../../../platform/ports.ts';

/** What comes after the end of a run whose start failed so. */
async function afterStart(error: Error): Promise<string> {
  const ports = { clock: nodeClock, modules: { application: () => Promise.reject(error) } } as unknown as RunPorts;
  const end = await new Promise<RunEnd>((onEnd) => {
    const handlers = { onStarted: () => {}, onOutput: () => {}, onEnd };
    guestLauncher(ports).launch({ name: 'pump' } as HostedApplication, handlers);
  });
  return afterRun('always', { end, ranMs: 0, attempt: 0 }, 0).kind;
}

test('what a disk that is full or failing kept from starting is started again; a module that can not run is not', async (t) => {
  t.is(await afterStart(new DiskError('NO_SPACE', '/state/data', 'no room')), 'restart');
  t.is(await afterStart(new FileError('too-many-open', 'the process has no descriptor left')), 'restart');
  t.is(await afterStart(new UnfitModule('it is a library')), 'failed');
});
