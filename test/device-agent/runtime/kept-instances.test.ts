/** Applications whose instance is kept from event to event, in real host processes, with programs in C that know of no SDK. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRuntime, placesIn, reportWhen } from './applications.ts';
import { cModule, cReactor, cTest } from './c-module.ts';

/** A reactor that counts its words, and does as some of them say. */
const counter = `static int count;
  EXPORT(handle) int handle(void) {
    char word[64];
    clearerr(stdin);
    if (!fgets(word, sizeof word, stdin)) return 9;
    if (word[0] == 'x') __builtin_trap();
    if (word[0] == 'n') sleep(600);
    if (word[0] == 'l') for (volatile int i = 0;; i++);
    if (word[0] == 'r') return 3;
    if (word[0] == 'q') exit(0);
    printf("%d %s", ++count, word);
    return 0;
  }`;

cTest('a kept reactor remembers from event to event, and what did not come back from one is made anew', async (t) => {
  const { runtime, application, logWhen } = openRuntime(t);
  const words = 'one\\ntwo\\nxx\\nthree\\nnap\\nfour\\nloop\\nfive\\nreturn\\nsix\\nquit\\nseven\\n';
  await runtime.apply([
    application('counter', cReactor(counter), {
      trigger: { message: { channel: 'words' } },
      channels: { in: { words: {} } },
      events: { instance: 'kept', handler: 'handle', timeLimitMs: 500, fuel: 3_000_000 },
    }),
    application('writer', cModule(`FILE *out = fopen("/channels/out/words", "w"); fputs("${words}", out);`), {
      channels: { out: { words: {} } },
    }),
  ]);
  const report = await reportWhen(runtime, 'counter', ({ events }) => events?.handled === 8);
  t.deepEqual(report.events, { handled: 8, failed: 4 });
  t.is(report.restarts, 4);
  t.is(report.state, 'running');
  const log = await logWhen('counter', /seven/);
  const told = [...log.matchAll(/ (?:out|fleet) (?! )(.+)/g)].map(([, line]) => line);
  t.deepEqual(told, [
    '1 one',
    '2 two',
    'trap: unreachable in handle',
    '1 three',
    'it took longer than 500 ms',
    '1 four',
    'it used up its fuel of 3000000',
    '1 five',
    'it exited with code 3',
    '2 six',
    '1 seven',
  ]);
});

cTest(
  'a kept reactor is asked how it does between its events, and what it does badly then ends it and nobody else',
  async (t) => {
    const { runtime, application } = openRuntime(t);
    const asked = cReactor(`static int count;
  EXPORT(handle) int handle(void) { count++; sleep(2); return 0; }
  EXPORT(well) int well(void) { return count; }
  EXPORT(spin) void spin(void) { for (volatile int i = 0;; i++); }
  EXPORT(trap) void trap(void) { __builtin_trap(); }`);
    const [begun, events] = ['* * * * * *', { instance: 'kept', handler: 'handle', fuel: 3_000_000 }] as const;
    await runtime.apply([
      application('gauge', asked, {
        ...{ trigger: { message: { channel: 'words' } }, channels: { in: { words: {} } }, events },
      }),
      application('fresh', cModule('return 0;'), { trigger: { schedule: { cron: begun, timeZone: 'UTC' } } }),
      application(
        'writer',
        cModule('sleep(3); FILE *out = fopen("/channels/out/words", "w"); fputs("one\\ntwo\\n", out);'),
        {
          channels: { out: { words: {} } },
        },
      ),
    ]);
    await reportWhen(runtime, 'gauge', ({ state }) => state === 'running');
    t.is(await runtime.call('gauge', 'well'), 0);
    t.is(await runtime.call('gauge', 'spin'), 'late');
    t.is(await runtime.call('gauge', 'trap'), 'failed');
    t.is(await runtime.call('gauge', 'well'), 0);
    t.is(await runtime.call('nobody', 'well'), 'absent');
    t.is(await runtime.call('fresh', 'well'), 'absent');
    await reportWhen(runtime, 'gauge', (report) => report.events?.waiting === 1);
    t.is(await runtime.call('gauge', 'well'), 1, 'before the event that waits');
    const report = await reportWhen(runtime, 'gauge', (one) => one.events?.handled === 2);
    t.is(await runtime.call('gauge', 'well'), 2);
    t.deepEqual([report.events, report.restarts], [{ handled: 2 }, 2]);
  },
);

cTest(
  'a kept instance goes on from its snapshot when its process was killed, and afresh where that is damaged',
  async (t) => {
    const { runtime, application, hosts, directory, logWhen } = openRuntime(t);
    const clockwork = application(
      'clockwork',
      cReactor('static int n; EXPORT(tick) void tick(void) { printf("at %d\\n", ++n); }'),
      {
        trigger: { schedule: { cron: '* * * * * *' } },
        events: { instance: 'kept', handler: 'tick', snapshots: { everySeconds: 2, bytesPerDayMax: 2 ** 20 } },
      },
    );
    await runtime.apply([clockwork]);
    await reportWhen(runtime, 'clockwork', ({ snapshot }) => snapshot?.at !== undefined);
    process.kill(hosts[0]!.pid, 'SIGKILL');
    const restored = await reportWhen(runtime, 'clockwork', ({ snapshot }) => snapshot?.isRestored === true);
    t.is(restored.snapshot?.fault, undefined);
    await logWhen('clockwork', /at 3\n/);
    await runtime.stop();
    const counts = [...(await logWhen('clockwork', /stopped/)).matchAll(/at (\d+)/g)].map(([, count]) => Number(count));
    t.is(counts.filter((count) => count === 1).length, 1, 'it did not begin afresh');
    const last = counts.at(-1)!;

    const again = openRuntime(t, placesIn(directory)).runtime;
    await again.apply([clockwork]);
    await logWhen('clockwork', new RegExp(`at ${last + 1}\\n`));
    await again.stop();
    const file = join(directory, 'applications/clockwork/state', `${clockwork.sha256}-0.snapshot`);
    const bytes = readFileSync(file);
    bytes[40]! ^= 1;
    writeFileSync(file, bytes);
    const third = openRuntime(t, placesIn(directory)).runtime;
    await third.apply([clockwork]);
    const { snapshot } = await reportWhen(third, 'clockwork', (report) => report.snapshot?.fault !== undefined);
    t.deepEqual(snapshot, { isRestored: false, fault: 'it began afresh: it is damaged: its digest is another' });
  },
);
