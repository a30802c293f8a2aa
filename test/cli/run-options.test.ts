import test from 'ava';
import { CommandError, parseCommandArguments } from '../../cli/command.ts';
import { runCommand } from '../../cli/commands/run.ts';
import { requestOf, timeLimitOf } from '../../cli/run-options.ts';

const parsed = (...words: string[]) => parseCommandArguments(runCommand, words);
const request = (...words: string[]) => requestOf('/work', parsed('app.wasm', ...words));

test('options are read with their units, and paths start where the command is run', (t) => {
  t.deepEqual(
    request(
      ...['--dir', 'data::/data', '--dir', '/etc::/host:ro', '--dir', '/same', '--env', 'A=b=c', '--env', 'E='],
      ...['--stdin', 'in.txt', '--fuel', '1_000', '--memory', '16MiB', '--invoke', 'f', '--', '-v', 'x'],
    ),
    {
      modulePath: '/work/app.wasm',
      args: ['app.wasm', '-v', 'x'],
      environment: { A: 'b=c', E: '' },
      directories: [
        { hostPath: '/work/data', guestPath: '/data', isWritable: true },
        { hostPath: '/etc', guestPath: '/host', isWritable: false },
        { hostPath: '/same', guestPath: '/same', isWritable: true },
      ],
      stdinPath: '/work/in.txt',
      fuelMax: 1000,
      memoryPagesMax: 256,
      invoke: 'f',
    },
  );
  t.is(request('--memory', '65536').memoryPagesMax, 1);
  t.is(timeLimitOf(parsed('app.wasm', '--time-limit', '1.5s')), 1500);
  t.is(timeLimitOf(parsed('app.wasm')), undefined);
});

test('an option that cannot be meant is refused with the rule', (t) => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['memory', 'much', /--memory much: it must be such as 16MiB/],
    ['memory', '16MB', /such as/],
    ['memory', '1', /between 64KiB and 4GiB/],
    ['memory', '5GiB', /between 64KiB and 4GiB/],
    ['dir', 'a::b::c', /HOST::GUEST/],
    ['dir', '::b', /HOST::GUEST/],
    ['env', '=x', /NAME=VALUE/],
    ['fuel', '0.5', /whole number/],
    ['fuel', '0', /above zero/],
  ];
  for (const [option, text, rule] of refused) {
    const error = t.throws(() => request(`--${option}`, text), { instanceOf: CommandError, message: rule });
    t.is(error.exitCode, 2);
  }
  t.throws(() => timeLimitOf(parsed('app.wasm', '--time-limit', '5 parsecs')), { message: /10s, 500ms or 2m/ });
  t.throws(() => requestOf('/work', parsed()), { message: /FILE\.wasm/ });
});

test('an option of the program itself is told to come behind --', (t) => {
  t.throws(() => request('-c', '1'), { message: /no option -c; the program's own options come behind --\n/ });
  t.throws(() => request('--fule', '9'), { message: /no option --fule; did you mean --fuel\?; the program's own/ });
});
