import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const file = fileURLToPath(new URL('../../../platform/node/log.ts', import.meta.url));
const program = `
  const { openLog } = await import(${JSON.stringify(file)});
  const log = openLog({ now: () => Date.UTC(2026, 5, 1) }, 'info');
  log.write('debug', 'unheard');
  log.write('info', 'engine.phase', { phase: 'active', problem: undefined, error: new Error('no way'), count: 0, last: null });
`;

test('a line of the log is logfmt, and a field that is not there is not named', (t) => {
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  t.is(stderr, '2026-06-01T00:00:00.000Z info engine.phase phase=active error="no way" count=0 last=null\n');
});
