import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { hostFlags } from '../../../../device-agent/runtime/host-terms.ts';

const program = fileURLToPath(new URL('./crowd-program.ts', import.meta.url));
const addressSpace = fileURLToPath(new URL('../../../../platform/node/address-space.ts', import.meta.url));
/** Eight gigabytes, as the shell counts: what the engine else reserves for a single memory; five go to the process itself. */
const kilobytes = 8 * 2 ** 20;

function limited(...args: readonly string[]): readonly [string, readonly string[]] {
  const command = `ulimit -v ${kilobytes}; exec "$0" "$@"`;
  return ['/bin/sh', ['-c', command, process.execPath, '--disable-warning=ExperimentalWarning', ...args]];
}

const plan = { key: 'standard', class: 'standard', isOwn: false, applications: [] } as const;

test('two thousand instances run in eight gigabytes of addresses with the flags that a host gets there', (t) => {
  const [shell, args] = limited(...hostFlags(plan, true), program, '2000');
  t.is(execFileSync(shell, args, { encoding: 'utf8' }), '2000\n');
});

test('that addresses are few is seen from the limit of the process', (t) => {
  const look = `import('${addressSpace}').then(({ hasFewAddresses }) => console.log(hasFewAddresses()))`;
  const [shell, args] = limited('-e', look);
  t.is(execFileSync(shell, args, { encoding: 'utf8' }), 'true\n');
  const plenty = spawnSync(process.execPath, ['-e', look], { encoding: 'utf8' });
  t.is(plenty.stdout, 'false\n');
  t.deepEqual(hostFlags(plan, false).includes('--disable-wasm-trap-handler'), false);
});
