import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const file = fileURLToPath(new URL('../../../platform/node/log.ts', import.meta.url));
const program = `
  const { openLog } = await import(${JSON.stringify(file)});
  const log = openLog({ now: () => Date.UTC(2026, 5, 1) }, 'info');
  log.write('debug', 'unheard');
  log.write('warn', 'odd', { reason: 'a\\u009b2J\\u202eb\\u001bc', list: ['\\u2028'] });
  log.write('warn', 'long', { reason: 'x'.repeat(1e6), error: new Error('y z'.repeat(1e6)) });
  log.write('info', 'engine.phase', { phase: 'active', problem: undefined, error: new Error('no way'), count: 0, last: null });
`;

test('a line of the log is logfmt, steers no terminal, is not long, and a field that is not there is not named', (t) => {
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  const [odd, long = '', plain] = stderr.split('\n');
  t.is(odd, String.raw`2026-06-01T00:00:00.000Z warn odd reason="a\u009b2J\u202eb\u001bc" list=["\u2028"]`);
  t.true(long.length < 9_000);
  t.is(plain, '2026-06-01T00:00:00.000Z info engine.phase phase=active error="no way" count=0 last=null');
});
