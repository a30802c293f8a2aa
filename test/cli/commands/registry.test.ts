/** A release into Debian's own registry and out again, with a password that Docker's file or a program of Docker's knows. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { CommandContext } from '../../../cli/command.ts';
import { runCommand } from '../../../cli/run-command.ts';
import { makeTrust } from '../../../controller/publishing/authoring/make-trust.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { freePort } from '../../../platform/node/free-port.ts';
import { openNetwork } from '../../../platform/node/network.ts';
import { nodePrograms } from '../../../platform/node/processes.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import type { Programs } from '../../../platform/ports.ts';
import { moduleOf } from '../../controller/publishing/repository.ts';

const isInstalled = spawnSync('docker-registry', ['--version']).error === undefined;

/** `ada:s3cret`, with the least work that bcrypt knows. */
const htpasswd = 'ada:$2y$04$RoqyQg6Nhr/Gbhpkuhd5Bu9P3LwgYL6QZEMg8UwgJsmnipLpVym4O\n';

async function startRegistry(directory: string): Promise<{ readonly host: string; readonly child: ChildProcess }> {
  const host = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(directory, 'htpasswd'), htpasswd);
  const config = `version: 0.1
storage: { filesystem: { rootdirectory: ${directory}/blobs } }
http: { addr: "${host}", secret: of-no-use }
auth: { htpasswd: { realm: test, path: ${directory}/htpasswd } }
`;
  writeFileSync(join(directory, 'registry.yml'), config);
  const child = spawn('docker-registry', ['serve', join(directory, 'registry.yml')], { stdio: 'ignore' });
  const answers = (): Promise<boolean> =>
    openNetwork(() => ({}))
      .request({ method: 'GET', url: `http://${host}/v2/`, headers: {} }, new AbortController().signal)
      .then(({ status }) => status === 401)
      .catch(() => false);
  for (let attempt = 0; attempt < 200 && !(await answers()); attempt += 1) await sleep(25);
  return { host, child };
}

/** Programs of Docker's, in a folder that is not on PATH. */
function helpersIn(directory: string): Pick<Programs, 'run'> {
  const there = (name: string): string => (name.startsWith('docker-') ? join(directory, name) : name);
  return { run: (name, ...rest) => nodePrograms.run(there(name), ...rest) };
}

/** A fleet repository with keys, and the command line in it. */
function fleetIn(directory: string) {
  mkdirSync(directory, { recursive: true });
  makeTrust({ disk: nodeDisk, directory }, { random: nodeRandom, now: nodeClock.now() });
  const run = async (words: readonly string[], environment: Record<string, string>) => {
    let said = '';
    const out = { write: (text: string) => (said += text), isTerminal: false, columns: () => 120, rows: () => 50 };
    const context = {
      ...{ clock: nodeClock, disk: nodeDisk, programs: helpersIn(join(directory, '..')), random: nodeRandom },
      ...{ directory, environment, stdout: out, stderr: out, signal: new AbortController().signal, color: false },
      openNetwork: () => openNetwork(() => ({})),
      loadConfiguration: async () => ({ value: {} }),
    } as unknown as CommandContext;
    return { code: await runCommand(context, words), said };
  };
  return run;
}

if (isInstalled) {
  test('a release that was pushed is added elsewhere as the same bytes, by tag and digest, and its tag stays what it is', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'fleet-registry-test-'));
    const { host, child } = await startRegistry(directory);
    t.teardown(() => {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    });
    const [docker, helped] = [join(directory, 'docker'), join(directory, 'helped')];
    for (const folder of [docker, helped]) mkdirSync(folder);
    const auth = Buffer.from('ada:s3cret').toString('base64');
    writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    const helper = join(directory, 'docker-credential-test');
    const answer = `{"ServerURL":"x","Username":"ada","Secret":"s3cret"}`;
    writeFileSync(helper, `#!/bin/sh\nserver=$(cat); [ "$1 $server" = "get ${host}" ] && echo '${answer}'\n`);
    chmodSync(helper, 0o755);
    writeFileSync(join(helped, 'config.json'), JSON.stringify({ credHelpers: { [host]: 'test' } }));
    const known = { DOCKER_CONFIG: docker };

    const author = fleetIn(join(directory, 'author'));
    writeFileSync(join(directory, 'author/crane.wasm'), moduleOf(1));
    writeFileSync(join(directory, 'author/other.wasm'), moduleOf(2));
    const add = (file: string, version: string) => ['release', 'add', file, '--name', 'crane', '--version', version];
    for (const [file, version] of [
      ['crane.wasm', '1.0.0'],
      ['other.wasm', '1.1.0'],
    ] as const)
      t.is((await author(add(file, version), {})).code, 0);

    const target = `oci://${host}/apps/crane`;
    const stranger = await author(['release', 'push', 'crane/1.0.0', target], {});
    t.regex(stranger.said, /HTTP 401.*docker login 127\.0\.0\.1:\d+ \(NOT_AUTHORIZED\)/);
    const pushed = await author(['release', 'push', 'crane/1.0.0', target], known);
    const [reference = ''] = /oci:\S+$/.exec(pushed.said.trim()) ?? [];
    t.regex(reference, /\/apps\/crane:1\.0\.0@sha256:[0-9a-f]{64}$/);
    t.is((await author(['release', 'push', 'crane/1.0.0', target], known)).said, pushed.said);
    const taken = await author(['release', 'push', 'crane/1.1.0', `${target}:1.0.0`], known);
    t.regex(taken.said, /means sha256:[0-9a-f]{64} already; .* --move-tag\. Nothing was put there \(TAG_TAKEN\)/);

    const other = fleetIn(join(directory, 'other'));
    const added = await other(add(`${target}:1.0.0`, '1.0.0'), known);
    t.regex(added.said, new RegExp(`taken from ${reference.replaceAll('.', '\\.')}\n`));
    const file = join(directory, 'other/releases/crane/1.0.0.wasm');
    t.deepEqual(readFileSync(file), Buffer.from(moduleOf(1)));
    t.is((await other(['release', 'verify'], {})).code, 0);
    t.true((await other(['release', 'list', '-o', 'json'], {})).said.includes(`"origin": "${reference}"`));

    const moved = await author(['release', 'push', 'crane/1.1.0', `${target}:1.0.0`, '--move-tag'], known);
    t.is(moved.code, 0, moved.said);
    const again = await other(add(reference.replace(':1.0.0@', '@'), '1.0.0'), { DOCKER_CONFIG: helped });
    t.regex(again.said, /^crane 1\.0\.0 was already/);
    const newer = await other(add(`${target}:1.0.0`, '1.0.0'), { DOCKER_CONFIG: helped });
    t.regex(newer.said, /is there with other content/);
    rmSync(helper);
    const helpless = await other(add(`${target}:1.0.0`, '2.0.0'), { DOCKER_CONFIG: helped });
    t.regex(helpless.said, /docker-credential-test, which Docker's settings name, gives nothing: .*ENOENT/);
  });
} else {
  test.skip('releases in a registry (SKIPPED: docker-registry is not installed)', (t) => t.pass());
}
