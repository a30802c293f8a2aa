import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { readSimArguments, tellCrash, tellResult } from './tell.ts';

const summary = {
  ...{ virtualDays: 1, commits: 2, deployments: 3, reboots: 4, controllerStarts: 5, lies: 6, bytesDown: 7 },
  ...{ hostEnds: 8, startsTold: 9, receipts: 10, renewals: 11 },
  convergedMs: undefined,
};

test('a failure of the simulation ends with the command that replays it, be it a broken promise or a crash', (t) => {
  const options = readSimArguments(['--seed', '7', '--devices', '3', '--days', '2']);
  const replay = 'Replay: npm run sim -- --seed 7 --devices 3 --days 2';
  const told = tellResult(options, { violation: 'a sequence went back', digest: 'abc', end: ['last'], summary });
  t.is(told.at(-1), replay);
  t.true(told.includes('a sequence went back'));
  t.false(tellResult(options, { violation: undefined, digest: 'abc', end: [], summary }).includes(replay));
  t.is(tellCrash(options, new TypeError('x is undefined')).at(-1), replay);
});

const wrong = [['--seed', 'x'], ['--devices', '0'], ['--days', '0.5'], ['--days', ''], ['--nope'], ['7']];

test('the simulation refuses arguments that mean nothing', (t) => {
  for (const args of wrong) t.throws(() => readSimArguments(args), undefined, args.join(' '));
});

test('the simulation tells its usage where it refuses its arguments', (t) => {
  const program = join(import.meta.dirname, 'main.ts');
  const { status, stderr } = spawnSync(process.execPath, [program, ...wrong[0]!], { encoding: 'utf8' });
  t.is(status, 2);
  t.regex(stderr, /^sim: .*\nnpm run sim -- \[--seed N\]/);
});
