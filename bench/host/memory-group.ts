import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A control group that holds its processes to so much memory, page cache included. */
export interface MemoryGroup extends AsyncDisposable {
  /** What to run a program in it with: its words come behind these. */
  readonly command: readonly [string, ...string[]];
  peakBytes(): number;
  /** The most that belonged to no file, as far as was looked: what nothing but an end gives back. */
  peakAnonymousBytes(): number;
  /** What it holds and what that costs, for people. */
  describe(): string;
}

const layouts = [
  {
    ...{ root: '/sys/fs/cgroup', asked: 'cgroup.controllers', limit: 'memory.max', peak: 'memory.peak' },
    ...{ anonymous: 'anon', cached: 'file', kills: 'memory.events' },
  },
  {
    ...{ root: '/sys/fs/cgroup/memory', asked: 'memory.limit_in_bytes', limit: 'memory.limit_in_bytes' },
    ...{ peak: 'memory.max_usage_in_bytes', anonymous: 'rss', cached: 'cache', kills: 'memory.oom_control' },
  },
] as const;

const lookMs = 50;
const removalTriesMax = 200;
const megabyte = 2 ** 20;

/** The number behind a name in one of the kernel's files of names and numbers. */
function numberIn(file: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync(file, 'utf8'))?.[1]);
}

/** Removes a group once nothing runs in it any more; what still does is ended. */
async function remove(directory: string): Promise<void> {
  for (const pid of readFileSync(`${directory}/cgroup.procs`, 'utf8').split('\n').filter(Boolean)) {
    process.kill(Number(pid), 'SIGKILL');
  }
  for (let triesLeft = removalTriesMax; ; triesLeft--) {
    try {
      return rmdirSync(directory);
    } catch (error) {
      if (triesLeft === 0) throw error;
      await sleep(lookMs);
    }
  }
}

/** Makes a group; undefined where this machine or user has none to make. */
export function openMemoryGroup(bytesMax: number): MemoryGroup | undefined {
  const layout = layouts.find(({ root, asked }) => existsSync(`${root}/${asked}`));
  if (layout === undefined) return undefined;
  const directory = `${layout.root}/fleet-bench-${process.pid}`;
  try {
    mkdirSync(directory);
    writeFileSync(`${directory}/${layout.limit}`, String(bytesMax));
  } catch {
    return undefined;
  }
  const stat = (name: string): number => numberIn(`${directory}/memory.stat`, name);
  let peakAnonymous = 0;
  const look = setInterval(() => {
    peakAnonymous = Math.max(peakAnonymous, stat(layout.anonymous));
  }, lookMs);
  return {
    command: ['/bin/sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', directory],
    peakBytes: () => Number(readFileSync(`${directory}/${layout.peak}`, 'utf8')),
    peakAnonymousBytes: () => peakAnonymous,
    describe: () => {
      const [anonymous, cached] = [layout.anonymous, layout.cached].map((name) => (stat(name) / megabyte).toFixed(1));
      const ended = numberIn(`${directory}/${layout.kills}`, 'oom_kill');
      return `${anonymous} MiB of its own and ${cached} of files, ${stat('pgmajfault')} pages waited for, ${ended} killed for want of memory`;
    },
    [Symbol.asyncDispose]: () => {
      clearInterval(look);
      return remove(directory);
    },
  };
}

/** Drops what the page cache holds of files: whoever reads them next pays for their pages, as on a device that has just started. */
export function dropCached(files: readonly string[]): void {
  for (const file of files) execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
}
