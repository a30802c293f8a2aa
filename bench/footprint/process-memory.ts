import { readFileSync } from 'node:fs';

/** Memory of one process in kilobytes, as the kernel counts it. */
export interface ProcessMemory {
  readonly rssKb: number;
  /** What belongs to this process alone and comes from no file. */
  readonly anonymousKb: number;
  /** What is resident, and of pages that others have too its share. */
  readonly pssKb: number;
  readonly threads: number;
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** The most that was ever resident. */
export function peakKb(pid: number): number {
  return field(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM');
}

export function processMemory(pid: number): ProcessMemory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    ...{ rssKb: field(rollup, 'Rss'), anonymousKb: field(rollup, 'Anonymous'), pssKb: field(rollup, 'Pss') },
    threads: field(status, 'Threads'),
  };
}
