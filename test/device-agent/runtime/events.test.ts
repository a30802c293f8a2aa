/** Triggers and channels in real host processes, with programs in C that know of no SDK. */
import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { freePort } from '../../../platform/node/free-port.ts';
import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import { openRuntime, reportWhen, statesWhen } from './applications.ts';
import { cModule, cReactor, cTest } from './c-module.ts';

/** Resolves once the text has it; the log is written a second after it was printed. */
async function logHas(read: () => string, pattern: RegExp): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (pattern.test(read())) return;
    await sleep(100);
  }
  throw new Error(`${pattern} is not in:\n${read()}`);
}

const echo = 'char line[256]; while (fgets(line, sizeof line, stdin)) printf("echo %s", line);';

cTest(
  'a message goes from a writer through a filter with an instance for each to a reader, line by line',
  async (t) => {
    const { runtime, application, logOf } = openRuntime(t);
    const writer = cModule(`FILE *out = fopen("/channels/out/readings", "w");
    for (int i = 0; i < 200; i++) fprintf(out, "reading %d\\n", i);`);
    const reader = cModule(`FILE *in = fopen("/channels/in/alarms", "r"); char line[256];
    for (int i = 0; i < 200; i++) { fgets(line, sizeof line, in); if (i % 100 == 99) printf("%d: %s", i, line); }`);
    await runtime.apply([
      application('filter', cModule(echo), {
        trigger: { message: { channel: 'readings' } },
        channels: { in: { readings: {} }, out: { alarms: { queue: 4 } } },
      }),
      application('reader', reader, { channels: { in: { alarms: {} } } }),
      application('writer', writer, { channels: { out: { readings: { queue: 8 } } } }),
    ]);
    t.deepEqual(
      await statesWhen(runtime, ({ reader: one, writer: other }) => one === 'completed' && other === 'completed'),
      {
        filter: 'running',
        reader: 'completed',
        writer: 'completed',
      },
    );
    t.regex(logOf('reader'), /99: echo reading 99\n.*199: echo reading 199\n/s);
    const { events } = await reportWhen(runtime, 'filter', (report) => report.events?.handled === 200);
    t.deepEqual(events, { handled: 200 });
  },
);

cTest('messages go from process to process, and a writer waits for a reader whose process dies', async (t) => {
  const { runtime, application, logOf, hosts } = openRuntime(t);
  const writer = cModule(`FILE *out = fopen("/channels/out/readings", "w");
    for (int i = 0; i < 300; i++) fprintf(out, "reading %d\\n", i);`);
  const reader = cModule(`FILE *in = fopen("/channels/in/readings", "r"); char line[256];
    while (fgets(line, sizeof line, in)) { printf("got %s", line); usleep(10000); }`);
  await runtime.apply([
    application('reader', reader, { channels: { in: { readings: {} } }, class: 'background', restart: 'always' }),
    application('writer', writer, { channels: { out: { readings: { queue: 8 } } } }),
  ]);
  await statesWhen(runtime, ({ reader: one }) => one === 'running');
  process.kill(hosts[0]!.pid, 'SIGKILL');
  await statesWhen(runtime, ({ writer: one }) => one === 'completed');
  await logHas(() => logOf('reader'), /got reading 299\n/);
  t.is(hosts.length, 3);
});

cTest('nobody waits for a reader that has come to its end', async (t) => {
  const { runtime, application } = openRuntime(t);
  const reader = cModule('FILE *in = fopen("/channels/in/readings", "r"); char line[256]; fgets(line, 256, in);');
  const writer = cModule(`FILE *out = fopen("/channels/out/readings", "w");
    for (int i = 0; i < 300; i++) fprintf(out, "reading %d\\n", i);`);
  await runtime.apply([
    application('reader', reader, { channels: { in: { readings: {} } } }),
    application('writer', writer, { channels: { out: { readings: { queue: 8 } } } }),
  ]);
  t.deepEqual(await statesWhen(runtime, ({ writer: state }) => state === 'completed'), {
    reader: 'completed',
    writer: 'completed',
  });
});

cTest('an event that fails or takes too long is counted and told, and the next one is handled', async (t) => {
  const { runtime, application, logOf } = openRuntime(t);
  const picky = cModule(`char word[16] = {0}; read(0, word, 15);
    if (word[0] == 'x') __builtin_trap();
    if (word[0] == 's') sleep(600);
    return 0;`);
  const writer = cModule('FILE *out = fopen("/channels/out/words", "w"); fputs("x\\nsleep\\nfine\\n", out);');
  await runtime.apply([
    application('picky', picky, {
      trigger: { message: { channel: 'words' } },
      channels: { in: { words: {} } },
      events: { timeLimitMs: 200 },
    }),
    application('writer', writer, { channels: { out: { words: {} } } }),
  ]);
  const report = await reportWhen(runtime, 'picky', ({ events }) => events?.handled === 1);
  t.deepEqual(report.events, { handled: 1, failed: 2 });
  t.is(report.message, 'it took longer than 200 ms');
  t.regex(logOf('picky'), / fleet trap: unreachable.*\n\S+ fleet {3}in \S+/);
});

cTest(
  'what waits for an application when it moves to another process is counted as dropped, and its log says why',
  async (t) => {
    const { runtime, application, logOf } = openRuntime(t);
    const writer = cModule('FILE *out = fopen("/channels/out/words", "w"); fputs("a\\nb\\nc\\nd\\n", out);');
    const slow = application('slow', cModule('sleep(600);'), {
      trigger: { message: { channel: 'words' } },
      channels: { in: { words: {} } },
      events: { timeLimitMs: 600_000 },
    });
    const rest = application('writer', writer, { channels: { out: { words: {} } } });
    await runtime.apply([slow, rest]);
    await reportWhen(runtime, 'slow', ({ events }) => events?.waiting === 3);
    await runtime.apply([{ ...slow, class: 'background' }, rest]);
    const { events } = await reportWhen(runtime, 'slow', (report) => report.events?.dropped === 3);
    t.deepEqual(events, { dropped: 3 });
    t.regex(logOf('slow'), / fleet stopped; 3 events that waited are dropped: it runs here no more\n/);
  },
);

cTest(
  'events that fail one after the other are a crash loop, which is shown, and what waits makes its writer wait',
  async (t) => {
    const { runtime, application } = openRuntime(t);
    const writer = cModule('FILE *out = fopen("/channels/out/words", "w"); for (;;) fputs("x\\n", out);');
    await runtime.apply([
      application('failing', cModule('return 3;'), {
        trigger: { message: { channel: 'words' } },
        channels: { in: { words: {} } },
        restart: 'always',
      }),
      application('writer', writer, { channels: { out: { words: { queue: 4 } } } }),
    ]);
    const isResting = ({ state, events }: ApplicationReport): boolean => state === 'backoff' && events?.waiting === 4;
    const { message, events } = await reportWhen(runtime, 'failing', isResting);
    t.is(message, 'it exited with code 3');
    t.true(events!.failed! >= 5);
  },
);

cTest('an application opens the channels of its manifest, each in its direction, and no others', async (t) => {
  const { runtime, application, logOf } = openRuntime(t);
  const prober = cModule(`printf("%d %d %d %d %d\\n",
      open("/channels/in/mine", O_RDONLY) >= 0, open("/channels/out/mine", O_WRONLY | O_CREAT | O_TRUNC, 0600) >= 0,
      open("/channels/in/other", O_RDONLY) >= 0, open("/channels/out/other", O_WRONLY | O_CREAT, 0600) >= 0,
      unlink("/channels/out/mine") == 0);
    DIR *all = opendir("/channels/in"); struct dirent *entry;
    while ((entry = readdir(all))) printf("[%s]", entry->d_name);
    printf("\\n");`);
  await runtime.apply([
    application('neighbour', cModule('sleep(600);'), { channels: { in: { other: {} }, out: { other: {} } } }),
    application('prober', prober, { channels: { in: { mine: {} }, out: { mine: {} } } }),
  ]);
  await statesWhen(runtime, ({ prober: state }) => state === 'completed');
  t.regex(logOf('prober'), /out 1 1 0 0 0\n.*out \[\.\]\[\.\.\]\[mine\]\n/s);
});

cTest('a schedule starts an instance at its times', async (t) => {
  const { runtime, application, logOf } = openRuntime(t);
  await runtime.apply([
    application('clockwork', cModule(echo), {
      trigger: { schedule: { cron: '* * * * * *', timeZone: 'Europe/Oslo' } },
    }),
  ]);
  await reportWhen(runtime, 'clockwork', ({ events }) => (events?.handled ?? 0) >= 2);
  await runtime.stop();
  t.regex(logOf('clockwork'), /out echo \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z\n/);
});

const doorFile = fileURLToPath(new URL('../../../device-agent/runtime/http/main.ts', import.meta.url));

/** A runtime that answers requests, and who asks it: again while there is no door or no application yet. */
async function openWithDoor(t: ExecutionContext, port: number) {
  const opened = openRuntime(t, { door: { file: doorFile, host: '127.0.0.1', port } });
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    for (let tries = 0; tries < 300; tries++) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, init).catch(() => undefined);
      if (answer !== undefined && !(await answer.clone().text()).includes('NOT_RUNNING')) return answer;
      await sleep(100);
    }
    throw new Error('nobody answers');
  };
  return { ...opened, ask };
}

cTest(
  'a request goes to the application of its route, in another process too, and its answer comes back',
  async (t) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { runtime, application, ask } = await openWithDoor(t, (holder.address() as AddressInfo).port);
    const speed = cModule(`char body[64] = {0}; fread(body, 1, 63, stdin);
    printf("Status: 201 Created\\r\\nContent-Type: text/plain\\r\\nX-Seen: %s\\r\\n\\r\\n", getenv("HTTP_X_UNIT"));
    printf("%s %s %s %s %s", getenv("REQUEST_METHOD"), getenv("SCRIPT_NAME"), getenv("PATH_INFO"), getenv("QUERY_STRING"), body);`);
    const other = cModule('printf("Content-Type: text/plain\\n\\nother");');
    await runtime.apply([
      application('speed', speed, { trigger: { http: { route: '/api/speed' } } }),
      application('other', other, { trigger: { http: { route: '/api' } }, class: 'background' }),
    ]);
    await statesWhen(runtime, () => runtime.states().every(({ message }) => message?.includes('EADDRINUSE')));
    t.regex(runtime.states()[0]!.message!, /^nobody can ask it, the port for requests is not open: listen EADDRINUSE/);
    holder.close();
    const answer = await ask('/api/speed/over%20ground?unit=kn', {
      method: 'POST',
      headers: { 'x-unit': 'knots', proxy: 'http://evil' },
      body: '12.5',
    });
    t.is(answer.status, 201);
    t.is(answer.headers.get('x-seen'), 'knots');
    t.is(await answer.text(), 'POST /api/speed /over ground unit=kn 12.5');
    t.is(await (await ask('/api/speedy')).text(), 'other');
    t.is((await ask('/')).status, 404);
    t.is((await ask('/api', { method: 'POST', body: 'x'.repeat(300_000) })).status, 413);
  },
);

/** What a request is answered, on a connection of its own: its status, and when to come again. */
function answerTo(port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.resume();
      resolve(`${answer.statusCode} ${answer.headers['retry-after']}`);
    });
    request.on('error', ({ message }) => resolve(message));
  });
}

cTest('a request that fails, takes too long or finds no room is answered so, however many come at once', async (t) => {
  const port = await freePort();
  const { runtime, application, ask } = await openWithDoor(t, port);
  const picky = cModule(`if (!strcmp(getenv("PATH_INFO"), "/trap")) __builtin_trap();
    printf("no header\\n");`);
  const sleeper = cModule('sleep(600);');
  const visits = cReactor(`#include <wasi/libc-environ.h>
    extern char **environ;
    static int visits;
    EXPORT(visit) void visit(void) {
      free(environ[0]);
      free(environ);
      __wasilibc_initialize_environ();
      printf("Content-Type: text/plain\\n\\n%d %s\\n", ++visits, getenv("PATH_INFO"));
    }`);
  await runtime.apply([
    application('visits', visits, {
      trigger: { http: { route: '/visits' } },
      events: { instance: 'kept', handler: 'visit' },
    }),
    application('picky', picky, { trigger: { http: { route: '/picky' } }, events: { timeLimitMs: 60_000 } }),
    application('slow', sleeper, { trigger: { http: { route: '/slow' } }, events: { timeLimitMs: 200 } }),
    application('full', sleeper, {
      trigger: { http: { route: '/full' } },
      events: { timeLimitMs: 600_000, queue: 1, concurrency: 1 },
    }),
  ]);
  t.is(await (await ask('/visits/a')).text(), '1 /a\n');
  t.is(await (await ask('/visits/b')).text(), '2 /b\n', 'a kept instance is told of each request');
  t.is((await ask('/picky/trap')).status, 502);
  t.is((await ask('/picky/mute')).status, 502);
  t.is((await ask('/slow')).status, 504);
  const crowd = Array.from({ length: 1_000 }, () => answerTo(port, '/full'));
  const refused = new Set<string>();
  await new Promise<void>((resolve) => {
    let answers = 0;
    const count = (answer: string): void => {
      refused.add(answer);
      answers += 1;
      if (answers === 998) resolve();
    };
    for (const answer of crowd) void answer.then(count);
  });
  t.deepEqual([...refused], ['503 1'], 'one is at work and one waits');
  const report = await reportWhen(runtime, 'full', ({ events }) => events?.dropped === 998);
  t.like(report.events, { instances: 1, waiting: 1 });
  t.like(runtime.states().find(({ name }) => name === 'picky')!.events, { handled: 1, failed: 1 });
  await runtime.stop();
  await Promise.all(crowd);
});

cTest('an agent without a port refuses what answers requests, and says what is missing', async (t) => {
  const { runtime, application } = openRuntime(t);
  await runtime.apply([application('speed', cModule('return 0;'), { trigger: { http: { route: '/speed' } } })]);
  const { state, message } = await reportWhen(runtime, 'speed', (report) => report.state === 'failed');
  t.is(state, 'failed');
  t.regex(message!, /agent\.http\.port is not set/);
});
