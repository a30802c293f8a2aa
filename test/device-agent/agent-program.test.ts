import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { openShore } from '../../bench/footprint/shore.ts';
import { allocatorSettings } from '../../device-agent/allocator-settings.ts';
import { bundleAgent } from '../../device-agent/bundle.ts';
import type { AgentConfiguration } from '../../schemas/generated/types.ts';

/** Resolves when the child has written `text`; rejects with what it wrote when it ends before. */
function wrote(child: ChildProcess, text: string): Promise<void> {
  let written = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      written += chunk.toString();
      if (written.includes(text)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${written}`)));
  });
}

/** A shore that buoy is enrolled at, and the bundled agent to start there. */
async function agentOn(t: ExecutionContext, changes: Partial<AgentConfiguration> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-agent-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const stateDirectory = join(directory, 'state');
  const shore = await openShore(join(directory, 'shore'), 'buoy', stateDirectory);
  t.teardown(() => shore.close());
  const program = await bundleAgent(fileURLToPath(new URL('../../.cache/agent', import.meta.url)));
  const configuration: AgentConfiguration = {
    ...{ device: 'buoy', stateDirectory, controller: 'https://127.0.0.1:9', ca: shore.ca, trustRoot: shore.trustRoot },
    mqtt: { host: shore.host, port: shore.port },
    ...changes,
  };
  const args = [program, '--resolved', JSON.stringify(configuration)];
  const start = (words: readonly string[] = args): ChildProcess => {
    const agent = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    t.teardown(() => agent.kill('SIGKILL'));
    return agent;
  };
  /** As the unit does it: what loads the configuration becomes the supervisor. */
  const startFromFile = (): ChildProcess => {
    const file = join(directory, 'fleet.config.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ agent: configuration }));
    return start([program, '--config', file]);
  };
  return { stateDirectory, program, start, startFromFile };
}

test('a program that cannot use its directory says so in one line, however often it is started', async (t) => {
  const { stateDirectory, program, start } = await agentOn(t);
  const file = join(dirname(stateDirectory), 'file');
  writeFileSync(file, 'in the way');
  rmSync(stateDirectory, { recursive: true });
  writeFileSync(stateDirectory, 'in the way');
  const startHost = (): ChildProcess => {
    const host = fork(join(dirname(program), 'app-host.js'), [file], { silent: true });
    t.teardown(() => host.kill('SIGKILL'));
    return host;
  };
  const programs: readonly [() => ChildProcess, string][] = [
    [startHost, file],
    [() => start(), stateDirectory],
  ];
  for (const [begin, path] of programs) {
    const child = begin();
    let written = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      written += chunk.toString();
    });
    t.deepEqual(await once(child, 'close'), [1, null]);
    t.regex(written, new RegExp(`^fleet[^\\n]*: ${path}: file already exists\\n$`));
  }
});

test('an agent that may open too few files says so in one line, before it looks for its configuration', async (t) => {
  const program = await bundleAgent(fileURLToPath(new URL('../../.cache/agent', import.meta.url)));
  const words = ['ulimit -n 30; exec "$@"', 'sh', process.execPath, program, '--config', '/nowhere'];
  const { status, stderr } = spawnSync('sh', ['-c', ...words], { encoding: 'utf8' });
  t.is(stderr, 'fleet agent: it may open 30 files here and needs 40: raise LimitNOFILE (ulimit -n)\n');
  t.is(status, 78);
});

test('an agent whose authority is gone starts as its unit starts it, sparing of memory, and says why it has no link', async (t) => {
  const { startFromFile } = await agentOn(t, { ca: '/nowhere/ca.pem' });
  const agent = startFromFile();
  await wrote(agent, 'link.offline reason="/nowhere/ca.pem: no such file or directory"');
  const environment = readFileSync(`/proc/${agent.pid}/environ`, 'utf8').split('\0');
  for (const [name, value] of Object.entries(allocatorSettings)) t.true(environment.includes(`${name}=${value}`), name);
  agent.kill('SIGTERM');
  t.deepEqual(await once(agent, 'exit'), [0, null]);
});

test('the bundled agent connects, refuses a second one on its state, and ends at SIGTERM; its status tells', async (t) => {
  const { stateDirectory, program, start } = await agentOn(t);
  const first = start();
  await wrote(first, 'link.connected');
  const second = start();
  const refusal = wrote(second, 'another agent runs on');
  t.deepEqual(await once(second, 'exit'), [75, null]);
  await refusal;
  const fleet = fileURLToPath(new URL('../../fleet', import.meta.url));
  const status = (command: string, ...words: string[]): string =>
    spawnSync(command, [...words, 'status', '--state', stateDirectory], { encoding: 'utf8' }).stdout;
  const told = () => [status(process.execPath, join(dirname(program), 'fleet-agent.js')), status(fleet, 'agent')];
  const bundled = [join(dirname(program), 'fleet-agent.js'), 'consent', '--state', stateDirectory];
  const asks = spawnSync(process.execPath, bundled, { encoding: 'utf8' });
  t.is(asks.stdout, 'buoy: no deployment waits.\n');
  const granted = spawnSync(fleet, ['agent', 'consent', '--grant', '--by', 'mate', '--state', stateDirectory], {
    encoding: 'utf8',
  });
  t.regex(granted.stderr, /no deployment waits to be activated \(NOTHING_WAITS\)/);
  for (const text of told()) t.regex(text, /^buoy: idle, connected \(as of \d+ s ago\)\nNo deployment runs\.\n$/);
  first.kill('SIGTERM');
  t.deepEqual(await once(first, 'exit'), [0, null]);
  for (const text of told())
    t.regex(text, /^buoy: the agent does not run; it was idle \d+ s ago\nNo deployment ran\.\n$/);
});
