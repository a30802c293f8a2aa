import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandContext } from '../../cli/command.ts';
import { knownElsewhere } from '../../cli/known-trust.ts';
import { addRelease } from '../../controller/publishing/authoring/add-release.ts';
import { makeTrust } from '../../controller/publishing/authoring/make-trust.ts';
import { removeRelease } from '../../controller/publishing/authoring/remove-release.ts';
import { readTrustFiles, type WorkTree, writeWorkFile } from '../../controller/publishing/authoring/work-tree.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { nodePrograms } from '../../platform/node/processes.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { moduleOf, now } from '../controller/publishing/repository.ts';
import { gitTest } from '../controller/source/git-test.ts';

gitTest(
  'a signature stands on what the commits before brought, on whatever machine: an older file on top of them is none',
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'fleet-known-test-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const git = (...args: string[]) => execFileSync('git', ['-C', directory, ...args], { stdio: 'pipe' });
    const tree = { disk: nodeDisk, directory };
    const commit = () => {
      git('add', '.');
      git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-qm', 'a step');
    };
    git('init', '-q', '-b', 'main');
    const random = new SimRandom(1);
    const add = (version: string, at: number, on: WorkTree = tree, module = Number(version[0])) =>
      addRelease(on, { name: 'crane', version, bytes: moduleOf(module), file: 'x.wasm', random, now: at });
    makeTrust(tree, { random, now });
    add('1.0.0', now);
    add('2.0.0', now + 1_000);
    const older = readTrustFiles(tree);
    commit();
    removeRelease(tree, { name: 'crane', version: '1.0.0', now: now + 2_000, announce: () => {} });
    const newest = readTrustFiles(tree);
    commit();
    for (const [path, bytes] of older) writeWorkFile(tree, path, bytes);
    commit();
    const said: string[] = [];
    const context = {
      ...{ programs: nodePrograms, directory, disk: nodeDisk, environment: {} },
      ...{ loadConfiguration: async () => ({ value: {} }), stderr: { write: (text: string) => said.push(text) } },
      signal: new AbortController().signal,
    } as unknown as CommandContext;
    const known = await knownElsewhere(context, tree);
    nodeDisk.remove(`${directory}/.fleet/keys/offline/newest/crane.json`);
    const error = t.throws(() => add('3.0.0', now + 4_000, { ...tree, known }), { code: 'TRUST_OLDER' });
    t.regex(error?.message ?? '', /it is in git's history\).*names crane\/1\.0\.0/);
    t.deepEqual(readTrustFiles(tree), older);
    for (const [path, bytes] of newest) writeWorkFile(tree, path, bytes);
    const reuse = () => add('1.0.0', now + 4_000, { ...tree, known }, 7);
    t.throws(reuse, { code: 'VERSION_TAKEN', message: /had other content before \(it is in git's history\)/ });
    t.deepEqual(readTrustFiles(tree), newest);
    t.deepEqual(said, [], 'without a controller there is nothing to say of it');
    t.deepEqual(
      await knownElsewhere(
        {
          ...context,
          programs: {
            ...nodePrograms,
            run: async () => ({ code: undefined, output: new Uint8Array(), complaint: '' }),
          },
        },
        tree,
      ).then((all) => all.length),
      1,
    );
  },
);
