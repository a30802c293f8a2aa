import { fork } from 'node:child_process';
import type { ChildProcess, Processes } from '../ports.ts';

/** Child processes of this machine, under the running Node and its flags; the message channel is Node's own. */
export const nodeProcesses: Processes = {
  start: (file, args): ChildProcess => {
    const child = fork(file, [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'json' });
    let exit: { readonly code: number | undefined; readonly signal: string | undefined } | undefined;
    const exitHandlers: ((how: NonNullable<typeof exit>) => void)[] = [];
    const ended = (code: number | undefined, signal: string | undefined): void => {
      if (exit !== undefined) return;
      exit = { code, signal };
      for (const handler of exitHandlers) handler(exit);
    };
    child.on('exit', (code, signal) => ended(code ?? undefined, signal ?? undefined));
    child.on('error', () => {
      // A child that could not be started has no exit event; one that lost its channel has.
      if (child.pid === undefined) ended(127, undefined);
    });
    return {
      pid: child.pid ?? 0,
      send: (message) => {
        if (child.connected) child.send(message as object);
      },
      onMessage: (handler) => child.on('message', handler),
      onExit: (handler) => {
        if (exit === undefined) exitHandlers.push(handler);
        else handler(exit);
      },
      kill: (signal) => child.kill(signal),
    };
  },
};
