/** A plan of somebody else's commit, in a checkout of it: what `fleet plan` in a pull request stands in. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { runCommand } from '../../../cli/run-command.ts';
import type { PlanDocument } from '../../../schemas/generated/types.ts';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

const program = join(import.meta.dirname, '../../../cli/main.ts');

/** Two commits, the second of which makes two devices change. */
async function harbor(t: ExecutionContext): Promise<ScenarioWorld> {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  await world.commit('A harbor');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  return world;
}

/** Files that some program takes for its configuration or its code, and what is there once one did. */
function lay(directory: string, marker: string, port: number): void {
  const shell = `#!/bin/sh\ntouch ${marker}\n`;
  const script = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '');\n`;
  const moduleScript = `import fs from 'node:fs'; fs.writeFileSync(${JSON.stringify(marker)}, '');\n`;
  const cli = `cli: { controller: "http://127.0.0.1:${port}" }\n`;
  const files: Readonly<Record<string, string>> = {
    'package.json': JSON.stringify({
      type: 'commonjs',
      imports: { '#x': './evil.js' },
      scripts: { preinstall: shell },
    }),
    'evil.js': script,
    'fleet.config.yaml': cli,
    'fleet.config.json': JSON.stringify({ cli: { controller: `http://127.0.0.1:${port}` } }),
    'fleet.config.js': script,
    'fleet.config.ts': moduleScript,
    '.fleetrc': cli,
    '.fleetrc.js': script,
    '.config/fleet.config.yaml': cli,
    '.config/fleet/fleet.config.yaml': cli,
    '.npmrc': `script-shell=${marker}\n`,
    '.env': `NODE_OPTIONS=--require=./evil.js\nFLEET_CLI_CONTROLLER=http://127.0.0.1:${port}\n`,
    '.envrc': shell,
    'tsconfig.json': '{"compilerOptions": {"paths": {"*": ["./evil.js"]}}}',
    'node_modules/yaml/package.json': '{"name": "yaml", "main": "index.js"}',
    'node_modules/yaml/index.js': script,
    'node_modules/isomorphic-git/index.js': script,
    'cli/main.ts': moduleScript,
    '.gitattributes': '* filter=evil diff=evil\n',
    '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ${marker}\n`,
    '.githooks/post-checkout': shell,
  };
  for (const [path, content] of Object.entries(files)) {
    fs.mkdirSync(dirname(join(directory, path)), { recursive: true });
    fs.writeFileSync(join(directory, path), content, { mode: 0o755 });
  }
}

/** Git's own hooks: a checkout has them only by a mistake of whoever made it, and they are not run all the same. */
function layHooks(directory: string, marker: string): void {
  fs.mkdirSync(join(directory, '.git/hooks'), { recursive: true });
  for (const hook of [
    'post-checkout',
    'post-index-change',
    'pre-commit',
    'reference-transaction',
    'fsmonitor-watchman',
  ])
    fs.writeFileSync(join(directory, '.git/hooks', hook), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
  const config = join(directory, '.git/config');
  fs.appendFileSync(config, `[core]\n\tfsmonitor = ${directory}/.git/hooks/fsmonitor-watchman\n`);
}

async function planIn(directory: string, home: string, ...args: string[]) {
  const environment = { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: `${home}/.config` };
  const child = spawn(process.execPath, [program, 'plan', ...args], { cwd: directory, env: environment });
  child.stdin.end();
  const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { output, complaint };
}

test('a plan runs nothing of the checkout it stands in, connects nowhere it says, and comes out as without', async (t) => {
  t.timeout(120_000);
  const world = await harbor(t);
  const { repository, directory } = world;
  const marker = join(directory, 'ran');
  let knocks = 0;
  const server = createServer((socket) => {
    knocks += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  await world.commit('A faster Aurora');
  const clean = await planIn(repository, directory, 'HEAD', '--against', 'HEAD~1', '-o', 'json');
  const before: PlanDocument = JSON.parse(clean.output);
  t.is(before.devices.length, 2, clean.complaint);
  lay(repository, marker, (server.address() as { readonly port: number }).port);
  await world.commit('As innocent as ever');
  layHooks(repository, marker);
  const hostile = await planIn(repository, directory, 'HEAD', '--against', 'HEAD~2', '-o', 'json');
  const { devices, fleets, warnings, notes, observed }: PlanDocument = JSON.parse(hostile.output);
  t.deepEqual(
    { devices, fleets, notes, observed },
    {
      ...{ devices: before.devices, fleets: before.fleets, notes: before.notes, observed: before.observed },
    },
  );
  t.deepEqual(warnings, before.warnings);
  // The work tree is looked at by the git program.
  const here = await planIn(repository, directory, '-o', 'markdown');
  t.regex(here.output, /Nothing changes on any device/, here.complaint);
  t.false(fs.existsSync(marker), 'something of the checkout ran');
  t.is(knocks, 0, 'a controller that the checkout names was asked');
});

/** The ports of a command, with every path told that is read below a directory. */
function watched<T extends object>(port: T, read: (path: string) => void): T {
  return new Proxy(port, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (name === 'promises') return watched(member as object, read);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (typeof args[0] === 'string') read(args[0]);
        return Reflect.apply(member, target, args);
      };
    },
  });
}

test('a plan of commits looks at no file of the work tree at all', async (t) => {
  const world = await harbor(t);
  await world.commit('A faster Aurora');
  lay(world.repository, join(world.directory, 'ran'), 9);
  const seen = new Set<string>();
  const note = (path: string): void => {
    const [, below] = path.split(`${world.repository}/`);
    if (below !== undefined) seen.add(below.replace(/\/.*$/, ''));
  };
  let output = '';
  const context = world.context((written) => {
    output += written;
  });
  const gitFiles = watched(context.gitFiles, note);
  const words = ['plan', 'HEAD', '--against', 'HEAD~1'];
  t.is(await runCommand({ ...context, disk: watched(context.disk, note), gitFiles }, words), 0);
  t.regex(output, /2 devices get a deployment/);
  t.deepEqual([...seen], ['.git']);
});
