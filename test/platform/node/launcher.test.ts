import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

const project = join(import.meta.dirname, '../../..');
const tools = ['sh', 'cmp', 'cp', 'dirname', 'flock', 'readlink', 'uname'];

/** A checkout whose packages are there, on a machine with the basic tools and the programs that `programs` names. */
class Machine {
  readonly directory: string;
  readonly checkout: string;
  readonly #path: string;

  constructor(t: ExecutionContext) {
    this.directory = mkdtempSync(join(tmpdir(), 'fleet launcher-'));
    t.teardown(() => rmSync(this.directory, { recursive: true, force: true }));
    this.checkout = join(this.directory, 'checkout');
    this.#path = join(this.directory, 'bin');
    mkdirSync(this.#path);
    for (const tool of tools) {
      const { stdout, status } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
      if (status === 0) symlinkSync(stdout.trim(), join(this.#path, tool));
    }
    for (const file of ['fleet', 'platform/node/prepare.sh', 'package-lock.json']) {
      cpSync(join(project, file), join(this.checkout, file));
    }
    this.program('checkout/node_modules/.fleet-lock', '');
    cpSync(join(project, 'package-lock.json'), join(this.checkout, 'node_modules/.fleet-lock'));
  }

  program(path: string, text: string): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }

  /** A Node that only tells its major version and what it was asked to run. */
  node(path: string, major: number): void {
    this.program(path, `[ "$1" = -p ] && echo ${major} || echo "${path} runs $2 $3"`);
  }

  run(launcher = join(this.checkout, 'fleet')): { readonly status: number | null; readonly output: string } {
    const options = { env: { PATH: this.#path }, cwd: '/', encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(launcher, ['status'], options);
    return { status, output: stdout + stderr };
  }
}

test('the launcher takes the Node that comes with the project before the one of the system', (t) => {
  const machine = new Machine(t);
  machine.node('bin/node', 20);
  machine.node('checkout/node_modules/.bin/node', 26);
  const { status, output } = machine.run();
  t.is(output, `checkout/node_modules/.bin/node runs ${machine.checkout}/cli/main.ts status\n`);
  t.is(status, 0);
});

test('the Node that comes with the project is tried once on each kind of machine, and again when it is another one', (t) => {
  const machine = new Machine(t);
  const bundled = join(machine.checkout, 'node_modules/.bin/node');
  const tried = join(machine.checkout, 'node_modules/.fleet-node');
  const question = join(machine.directory, 'question');
  const asked = (): boolean => {
    rmSync(question, { force: true });
    t.is(machine.run().status, 0);
    return existsSync(question);
  };
  machine.program('checkout/node_modules/.bin/node', `[ "$1" != -p ] || { : >"${question}" && echo 26; }`);
  utimesSync(bundled, 0, 0);
  t.deepEqual([asked(), asked(), asked()], [true, false, false]);
  writeFileSync(tried, 'another-machine\n');
  t.deepEqual([asked(), asked()], [true, false]);
  const later = Date.now() / 1000 + 60;
  utimesSync(bundled, later, later);
  t.true(asked());
});

for (const [what, prepare] of [
  ['none', () => {}],
  ['one for another processor', (machine: Machine) => machine.program('checkout/node_modules/.bin/node', 'exit 126')],
] as const) {
  test(`where the project brings ${what}, the system's Node is used when it is new enough, else one line says what to install`, (t) => {
    const machine = new Machine(t);
    prepare(machine);
    const line =
      /^fleet: there is no bundled Node for .*; install Node 26 or later \(https:\/\/nodejs\.org\) and try again\n$/;
    t.regex(machine.run().output, line);
    machine.node('bin/node', 20);
    t.regex(machine.run().output, line);
    t.is(machine.run().status, 69);
    machine.node('bin/node', 27);
    t.is(machine.run().output, `bin/node runs ${machine.checkout}/cli/main.ts status\n`);
  });
}

test('where a process may open too few files for Node to say anything, the launcher does', (t) => {
  const machine = new Machine(t);
  machine.node('bin/node', 26);
  const launcher = join(machine.checkout, 'fleet');
  const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -n 20; exec sh "$0" status', launcher], {
    encoding: 'utf8',
  });
  t.regex(stderr, /^fleet: a process may open 20 files here, and Node needs 24: raise it/);
  t.is(status, 71);
});

test('the launcher finds its checkout through links, from any directory', (t) => {
  const machine = new Machine(t);
  machine.node('bin/node', 26);
  symlinkSync('../checkout/fleet', join(machine.directory, 'bin/fleet'));
  symlinkSync(join(machine.directory, 'bin/fleet'), join(machine.directory, 'again'));
  t.is(machine.run(join(machine.directory, 'again')).output, `bin/node runs ${machine.checkout}/cli/main.ts status\n`);
});

test('packages are installed when the lock file is another one than was installed, once for two launchers', async (t) => {
  const machine = new Machine(t);
  machine.node('bin/node', 26);
  writeFileSync(join(machine.checkout, 'package-lock.json'), '{}');
  t.regex(machine.run().output, /^fleet: npm is needed to install the packages/);
  machine.program('bin/npm', 'echo "npm $*"; exit 1');
  t.regex(machine.run().output, /npm ci failed; the reason is above/);
  machine.program('bin/npm', 'echo "npm $1"');
  const both = `"${machine.checkout}/fleet" a & "${machine.checkout}/fleet" b & wait`;
  const env = { PATH: join(machine.directory, 'bin') };
  const output = execFileSync('/bin/sh', ['-c', `{ ${both}; } 2>&1`], { env, encoding: 'utf8' });
  t.is(output.match(/npm ci/g)?.length, 1);
  t.is(output.match(/bin\/node runs/g)?.length, 2);
});
