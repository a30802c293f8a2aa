/** Units of this repository as systemd judges them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

/** A test that asks systemd; where there is none it is skipped. */
export const systemdTest = hasSystemd ? test : test.skip;

/** Has systemd look for faults in units, by their names; `program` is what they start, which need not be on this machine. */
export function assertNoFault(t: ExecutionContext, units: Readonly<Record<string, string>>, program: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-unit-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const files = Object.entries(units).map(([name, unit]) => {
    const file = join(directory, name);
    writeFileSync(file, unit.replaceAll(program, process.execPath));
    return file;
  });
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
  t.is(status, 0, stdout + stderr);
  // It exits with 0 for a key that it does not know, and says so.
  t.is(stdout + stderr, '');
}
