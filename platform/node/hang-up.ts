import { readFileSync } from 'node:fs';

/**
 * Sends SIGHUP, at which a daemon reads its files again, to the program whose process id is in a file. False when it does not
 * run: the file may be older than the last boot, and its number somebody else's by now.
 */
export function hangUp(program: string, pidFile: string): boolean {
  try {
    const pid = readFileSync(pidFile, 'utf8').trim();
    if (!/^\d+$/.test(pid) || readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== program) return false;
    return process.kill(Number(pid), 'SIGHUP');
  } catch {
    return false;
  }
}
