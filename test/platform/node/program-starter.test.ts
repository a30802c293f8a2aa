import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { ProgramStarter } from '../../../platform/node/program-starter.ts';

const options = { outputBytesMax: 2_000_000, signal: new AbortController().signal };

function started(t: ExecutionContext): ProgramStarter {
  const starter = new ProgramStarter();
  t.teardown(() => starter[Symbol.dispose]());
  return starter;
}

async function starterPid({ run }: ProgramStarter): Promise<number> {
  const { output } = await run('sh', ['-c', 'echo $PPID'], options);
  return Number(Buffer.from(output).toString());
}

test('what a program prints comes whole, however much it is', async (t) => {
  const starter = started(t);
  for (const way of [{}, { printsMuch: true }] as const) {
    const { code, output } = await starter.run('seq', ['200000'], { ...options, ...way });
    const lines = Buffer.from(output).toString().split('\n');
    t.deepEqual([code, lines.length, lines[123_456]], [0, 200_001, '123457']);
  }
});

test('what runs when the process ends has no code, and what comes next has a process again', async (t) => {
  const starter = started(t);
  const pid = await starterPid(starter);
  const running = starter.run('sleep', ['60'], options);
  process.kill(pid, 'SIGKILL');
  const { code, complaint } = await running;
  t.is(code, undefined);
  t.regex(complaint, /process that runs programs is gone: it ended with SIGKILL/);
  t.not(await starterPid(starter), pid);
});

test('what is asked for as the process ends has an end too, by way of a file as well', async (t) => {
  const starter = started(t);
  const pid = await starterPid(starter);
  process.kill(pid, 'SIGKILL');
  // Nobody here heard of it yet.
  while (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]![0] !== 'Z');
  for (let runs = 0; runs < 2; runs += 1) {
    const { code, complaint } = await starter.run('true', [], { ...options, printsMuch: true });
    if (code !== 0) t.regex(complaint, /process that runs programs is gone/);
  }
  t.not(await starterPid(starter), pid);
});

const file = fileURLToPath(new URL('../../../platform/node/program-starter.ts', import.meta.url));
const runs = `
  const { ProgramStarter } = await import(${JSON.stringify(file)});
  const script = 'exec >"$1"; echo runs; sleep 5; echo still there';
  const { signal } = new AbortController();
  await new ProgramStarter().run('sh', ['-c', script, 'sh', process.argv[1]], { outputBytesMax: 100, signal });
`;

test('programs end with who had them run, however that ended', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-starter-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const said = join(directory, 'said');
  execFileSync('mkfifo', [said]);
  const { stdout } = spawn('cat', [said], { stdio: ['ignore', 'pipe', 'inherit'] });
  stdout.setEncoding('utf8');
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', runs, said], { stdio: 'inherit' });
  t.deepEqual(await once(stdout, 'data'), ['runs\n']);
  owner.kill('SIGKILL');
  t.is(await text(stdout), '');
});
