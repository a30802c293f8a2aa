import { readlinkSync } from 'node:fs';
import test from 'ava';
import { ProgramStarter } from '../../../platform/node/program-starter.ts';
import { runProgram } from '../../../platform/node/run-program.ts';
import { openSpool } from '../../../platform/node/spool.ts';

const never = new AbortController().signal;
const starter = new ProgramStarter();
test.after(() => starter[Symbol.dispose]());
const ways = [
  ['through a pipe', runProgram, {}],
  ['through a file', runProgram, { printsMuch: true }],
  ['through a pipe, by the process that starts programs', starter.run, {}],
  ['through a file, by the process that starts programs', starter.run, { printsMuch: true }],
] as const;

for (const [how, run, way] of ways) {
  test(`what a program prints comes back with its code and its complaint, ${how}`, async (t) => {
    const script = 'cat; printf "%s" "$1"; echo oh no >&2; exit 3';
    const input = Buffer.from('in and ');
    const options = { ...way, input, outputBytesMax: 100, signal: never };
    const { code, output, complaint } = await run('sh', ['-c', script, 'sh', 'a  "b"'], options);
    t.deepEqual([code, Buffer.from(output).toString(), complaint], [3, 'in and a  "b"', 'oh no']);
  });

  test(`a program that prints without end is ended, ${how}`, async (t) => {
    const ended = await run('yes', [], { ...way, outputBytesMax: 100_000, signal: never });
    t.deepEqual([ended.code, ended.output.length, ended.complaint], [undefined, 0, 'printed more than 100000 bytes']);
  });

  test(`who gives up is told the reason, ${how}`, async (t) => {
    const giving = new AbortController();
    const running = run('sleep', ['60'], { ...way, outputBytesMax: 100, signal: giving.signal });
    giving.abort(new Error('enough'));
    await t.throwsAsync(running, { message: 'enough' });
  });

  test(`a program that is not there has no code of success, ${how}`, async (t) => {
    const { code, complaint } = await run('no-such-program-here', [], {
      ...{ ...way, outputBytesMax: 100, signal: never },
    });
    t.not(code, 0);
    t.regex(complaint, /no-such-program-here/);
  });
}

test('the file that much is printed into has no name: nothing is left of it, whoever is killed', async (t) => {
  await using spool = await openSpool();
  t.regex(readlinkSync(`/proc/self/fd/${spool!.descriptor}`), /fleet-spool-.* \(deleted\)$/);
});
