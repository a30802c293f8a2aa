import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { TrustError } from '../../artifact/trust/error.ts';
import { type CommandContext, CommandError } from '../../cli/command.ts';
import { signing } from '../../cli/signing.ts';
import { AuthoringError } from '../../controller/publishing/authoring/authoring-error.ts';
import type { WorkTree } from '../../controller/publishing/authoring/work-tree.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { nodePrograms } from '../../platform/node/processes.ts';
import type { Programs } from '../../platform/ports.ts';
import { gitTest } from '../controller/source/git-test.ts';

const root = '.fleet/keys/offline/trusted-root.json';

/** A repository whose folder of keys git ignores, and what signing in it comes to. */
function scene(t: ExecutionContext, programs: Programs = nodePrograms) {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-signing-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const git = (...args: string[]) => execFileSync('git', ['-C', directory, ...args], { stdio: 'pipe' });
  mkdirSync(join(directory, '.fleet/keys/offline'), { recursive: true });
  writeFileSync(join(directory, '.gitignore'), '/.fleet/\n');
  writeFileSync(join(directory, root), 'mine');
  const loadConfiguration = async () => ({ value: {} });
  const context = {
    ...{ programs, loadConfiguration, directory, disk: nodeDisk, environment: {} },
    signal: new AbortController().signal,
  } as unknown as CommandContext;
  const sign = (act: (tree: WorkTree) => string) => signing(context, { disk: nodeDisk, directory }, act);
  return { git, sign };
}

gitTest(
  'where a commit brings files into the folder of the keys, nothing is signed: a checkout has replaced what lay there',
  async (t) => {
    const { git, sign } = scene(t);
    git('init', '-q', '-b', 'main');
    git('add', '.');
    t.is(await sign(() => 'signed'), 'signed');
    git('add', '-f', root);
    const error = await t.throwsAsync(
      sign(() => 'signed'),
      { instanceOf: CommandError },
    );
    t.regex(
      error?.message ?? '',
      /git has \.fleet\/keys\/offline\/trusted-root\.json: .* Nothing was signed.*KEYS_IN_GIT/,
    );
  },
);

test('where there is no repository of git, or no git, signing goes on, and what it refuses is a line for the user', async (t) => {
  const absent = { run: async () => ({ code: undefined, output: new Uint8Array(), complaint: '' }) };
  for (const programs of [nodePrograms, absent as unknown as Programs]) {
    const { sign } = scene(t, programs);
    t.is(await sign(() => 'signed'), 'signed');
    const refuse = () => {
      throw new AuthoringError('KEY_MISSING', 'no key');
    };
    await t.throwsAsync(sign(refuse), { instanceOf: CommandError, message: 'no key (KEY_MISSING)' });
    const fail = () => {
      throw new TrustError('MALFORMED', 'crane.json is not JSON: "\n"');
    };
    await t.throwsAsync(sign(fail), {
      instanceOf: CommandError,
      message: 'crane.json is not JSON: "\ufffd". Nothing was signed: restore trust/ with git (TRUST_MALFORMED)',
    });
  }
});
