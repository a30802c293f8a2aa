import test from 'ava';
import { converse } from '../../../platform/node/dialogue.ts';

const never = new AbortController().signal;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

/** An answer begins with its length in six digits. */
function lengthOf(begun: Uint8Array): number | undefined {
  return begun.length < 6 ? undefined : 6 + Number(Buffer.from(begun.subarray(0, 6)).toString());
}

/** Answers each line with as many letters as it says, in pieces. */
const letters = `
const pieces = (text) => text.match(/.{1,50000}/gs) ?? [];
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'end') process.exit(3);
  for (const piece of pieces(line.padStart(6, '0') + 'x'.repeat(Number(line)))) process.stdout.write(piece);
});`;

test('questions are answered one after the other, short and long, until the program ends', async (t) => {
  await using dialogue = converse('node', ['-e', letters], { signal: never });
  const ask = (text: string) => dialogue.ask(bytesOf(`${text}\n`), lengthOf);
  const [one, none, long] = await Promise.all([ask('3'), ask('0'), ask('300000')]);
  t.deepEqual([textOf(one), textOf(none)], ['000003xxx', '000000']);
  t.is(textOf(long), `300000${'x'.repeat(300_000)}`);
  t.deepEqual(await Promise.all([ask('end'), ask('3')]), [undefined, undefined]);
});

test('what the length is refused for ends the program, and so does who gives up; one that can not be started has ended', async (t) => {
  const refusing = converse('node', ['-e', letters], { signal: never });
  const refuse = () => {
    throw new Error('too long');
  };
  await t.throwsAsync(refusing.ask(bytesOf('9\n'), refuse), { message: 'too long' });
  t.is(await refusing.ask(bytesOf('9\n'), lengthOf), undefined);
  await refusing[Symbol.asyncDispose]();
  const giving = new AbortController();
  const waiting = converse('cat', [], { signal: giving.signal });
  const answer = waiting.ask(bytesOf('1'), lengthOf);
  giving.abort(new Error('no longer'));
  await t.throwsAsync(answer, { message: 'no longer' });
  await waiting[Symbol.asyncDispose]();
  for (const [name, argument] of [
    ['no-such-program-here', ''],
    ['cat', 'x'.repeat(200_000)],
  ] as const) {
    await using missing = converse(name, [argument], { signal: never });
    t.is(await missing.ask(bytesOf('1'), lengthOf), undefined);
  }
});

test('an answer whose length is never to be seen is not gathered for ever', async (t) => {
  await using endless = converse('yes', [], { signal: never });
  await t.throwsAsync(
    endless.ask(bytesOf('?'), () => undefined),
    { message: /without end/ },
  );
});
