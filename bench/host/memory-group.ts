import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** A control group that holds its processes to so much memory, page cache included. */
export interface MemoryGroup extends Disposable {
  /** What to run a program in it with: its words come behind these. */
  readonly command: readonly [string, ...string[]];
  peakBytes(): number;
}

const layouts = [
  { root: '/sys/fs/cgroup', asked: 'cgroup.controllers', limit: 'memory.max', peak: 'memory.peak' },
  {
    ...{ root: '/sys/fs/cgroup/memory', asked: 'memory.limit_in_bytes' },
    ...{ limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' },
  },
] as const;

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
  return {
    command: ['/bin/sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', directory],
    peakBytes: () => Number(readFileSync(`${directory}/${layout.peak}`, 'utf8')),
    [Symbol.dispose]: () => rmdirSync(directory),
  };
}

/** Drops what the page cache holds of files: whoever reads them next pays for their pages, as on a device that has just started. */
export function dropCached(files: readonly string[]): void {
  for (const file of files) execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
}
