import { readdirSync } from 'node:fs';
import type { ProcessRoom } from '../ports.ts';
import { kernelText } from './kernel-text.ts';
import { processLimits } from './process-limits.ts';

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Threads of all processes of this user: the limit is one of a user. */
function threadsOfUser(uid: number): number {
  let count = 0;
  for (const pid of names('/proc').filter((name) => /^\d+$/.test(name))) {
    const status = kernelText(`/proc/${pid}/status`);
    if (Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) === uid) count += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]);
  }
  return count;
}

function threadsByLimit(): number {
  const { threads } = processLimits();
  return threads === Number.POSITIVE_INFINITY ? threads : threads - threadsOfUser(process.getuid?.() ?? 0);
}

/** What the control groups around this process, a container's or a unit's, leave. */
function threadsByGroups(): number {
  let least = Number.POSITIVE_INFINITY;
  let path = /^0::(.*)$/m.exec(kernelText('/proc/self/cgroup'))?.[1] ?? '';
  for (; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    const most = kernelText(`/sys/fs/cgroup${path}/pids.max`).trim();
    const left = Number(most) - Number(kernelText(`/sys/fs/cgroup${path}/pids.current`));
    if (/^\d+$/.test(most)) least = Math.min(least, left);
  }
  return least;
}

/** How many more files and connections this process may have open. */
export function descriptorRoom(): number {
  return processLimits().descriptors - names('/proc/self/fd').length;
}

/** What this process may have besides what it has. */
export function processRoom(): ProcessRoom {
  return { descriptors: descriptorRoom(), threads: Math.min(threadsByLimit(), threadsByGroups()) };
}
