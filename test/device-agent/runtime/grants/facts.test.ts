import test from 'ava';
import { FactBook } from '../../../../device-agent/runtime/grants/fact-book.ts';
import { factDirectory } from '../../../../device-agent/runtime/grants/fact-directory.ts';
import { factValue } from '../../../../device-agent/runtime/grants/fact-value.ts';
import { parseFromHost } from '../../../../device-agent/runtime/protocol.ts';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import { openRuntime, statesWhen } from '../applications.ts';
import { cModule, cTest } from '../c-module.ts';
import { allRights, newGuest, open, write } from '../wasi/guest.ts';

test('a fact is what its type makes of the text, or nothing', (t) => {
  t.is(factValue('number', ' 12.5\n'), 12.5);
  for (const text of ['', 'fast', 'Infinity', 'NaN', '1e999']) t.is(factValue('number', text), undefined, text);
  t.is(factValue('boolean', 'false'), false);
  t.is(factValue('boolean', '1'), undefined);
  t.is(factValue('string', '53.5,10.0'), '53.5,10.0');
  t.is(factValue('string', 'x'.repeat(64)), 'x'.repeat(64));
  for (const text of ['x'.repeat(65), '\u001b[2J']) t.is(factValue('string', text), undefined, text);
});

test('however often facts change, it is told once a second, with the last value of each', (t) => {
  const due: (() => void)[] = [];
  let told = 0;
  const clock = {
    now: () => 1_800_000_000_000,
    after: (_delayMs: number, callback: () => void) => {
      due.push(callback);
      return { [Symbol.dispose]: () => {} };
    },
  };
  const book = new FactBook(clock, () => {
    told += 1;
  });
  for (let speed = 0; speed < 1000; speed++) book.publish('gauge', 'speed', speed);
  t.deepEqual([due.length, told], [1, 0]);
  due[0]!();
  t.is(told, 1);
  t.deepEqual(book.of('gauge'), { speed: { value: 999, at: '2027-01-15T08:00:00.000Z' } });
  t.is(book.of('horn'), undefined);
});

test('a program that writes without ever ending a line is told so, and what follows is a value again', (t) => {
  const book = new FactBook({ now: () => 0, after: () => ({ [Symbol.dispose]: () => {} }) }, () => {});
  const facts = factDirectory({ name: 'gauge', facts: { speed: 'number' } }, book, () => undefined);
  const guest = newGuest({ directories: { '/facts': facts } });
  const speed = open(guest, 'speed', { flags: 1, rights: allRights, inheriting: allRights }).descriptor;
  t.is(write(guest, speed, '1'.repeat(250)).error, errno.success);
  t.is(write(guest, speed, '1'.repeat(250)).error, errno.invalid);
  t.is(write(guest, speed, '2\n').error, errno.success);
  t.is(book.of('gauge')?.speed?.value, 2);
});

test('of what a host says are facts, those that are none are left out, and their number is bounded', (t) => {
  const at = '2027-01-15T08:00:00.000Z';
  const report = { name: 'gauge', version: '1', state: 'running', since: at, restarts: 0 };
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}`, { value: index, at }]));
  const factsOf = (facts: unknown) => {
    const message = parseFromHost({ kind: 'states', applications: [{ ...report, facts }] });
    return message?.kind === 'states' ? message.applications[0]?.facts : undefined;
  };
  t.is(Object.keys(factsOf(many) ?? {}).length, 8);
  t.deepEqual(
    factsOf({ 'No Name': { value: 1, at }, object: { value: {}, at }, long: { value: 'x'.repeat(65), at } }),
    {},
  );
});

const publisher = `
  FILE *speed = fopen("/facts/speed", "w");
  fprintf(speed, "1\\n12.5\\n");
  fclose(speed);
  int port = open("/facts/in_port", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  write(port, "true", 4);
  close(port);
  printf("%d", write(open("/facts/speed", O_WRONLY), "fast\\n", 5) < 0 && errno == EINVAL);
  printf("%d", open("/facts/heading", O_WRONLY | O_CREAT, 0600) < 0);
  printf("%d", open("/facts/../data", O_WRONLY | O_CREAT, 0600) < 0);
  for (int twice = 0; twice < 2; twice++) {
    printf("%d", fopen("/data/log", "a") == NULL && errno == ENOENT);
    printf("%d", open("/channels/in/readings", O_RDONLY) < 0 && errno == ENOENT);
  }
  printf("\\n");
  sleep(600);`;

cTest('facts that a program writes are in its report; others than its manifest names it has not', async (t) => {
  const { runtime, application, logWhen } = openRuntime(t);
  const facts = { speed: 'number', in_port: 'boolean' } as const;
  await runtime.apply([application('gauge', cModule(publisher), { facts })]);
  await statesWhen(runtime, () => runtime.states()[0]?.facts?.in_port !== undefined);
  const published = runtime.states()[0]?.facts ?? {};
  t.deepEqual(Object.fromEntries(Object.entries(published).map(([name, { value }]) => [name, value])), {
    speed: 12.5,
    in_port: true,
  });
  const log = await logWhen('gauge', / out \d/);
  t.regex(log, / out 1111111\n/);
  t.deepEqual(
    [...log.matchAll(/ err fleet: refused: its manifest grants no (.*)/g)].map(([, what]) => what),
    ['/facts/heading (facts)', '/data (data)', '/channels (channels)'],
  );
});

cTest('what an instance for an event publishes is in the report too, and a letter in two writes is one', async (t) => {
  const { runtime, application } = openRuntime(t);
  const listener = cModule(`int port = open("/facts/port", O_WRONLY);
    write(port, "Troms\\xc3", 6);
    write(port, "\\xb8\\n", 2);`);
  const caller = cModule('FILE *out = fopen("/channels/out/calls", "w"); fputs("now\\n", out);');
  await runtime.apply([
    application('listener', listener, {
      trigger: { message: { channel: 'calls' } },
      channels: { in: { calls: {} } },
      facts: { port: 'string' },
    }),
    application('caller', caller, { channels: { out: { calls: {} } } }),
  ]);
  const portOf = () => runtime.states().find(({ name }) => name === 'listener')?.facts?.port?.value;
  await statesWhen(runtime, () => portOf() !== undefined);
  t.is(portOf(), 'Tromsø');
});
