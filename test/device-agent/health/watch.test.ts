/** Real app hosts that a probation is judged by. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { Verdict } from '../../../device-agent/health/probation.ts';
import { HealthWatch } from '../../../device-agent/health/watch.ts';
import type { RunnableApplication } from '../../../device-agent/runtime/app-runtime.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { freePort } from '../../../platform/node/free-port.ts';
import type { HealthTerms } from '../../../schemas/generated/types.ts';
import { openRuntime } from '../runtime/applications.ts';
import { cModule, cReactor, cTest } from '../runtime/c-module.ts';

const doorFile = fileURLToPath(new URL('../../../device-agent/runtime/http/main.ts', import.meta.url));

/** Runs a program, one that answers requests below /depth unless it is said, and judges it for two seconds. */
async function judge(
  t: ExecutionContext,
  program: string | Uint8Array,
  health: HealthTerms,
  terms: Partial<RunnableApplication> = { trigger: { http: { route: '/depth' } } },
): Promise<Verdict> {
  const door = { file: doorFile, host: '127.0.0.1', port: await freePort() };
  const { runtime, application } = openRuntime(t, { door });
  const watch = new HealthWatch(nodeClock, runtime);
  runtime.onChange(() => watch.look());
  await runtime.apply([application('gauge', typeof program === 'string' ? cModule(program) : program, terms)]);
  const judged = new Promise<Verdict>((resolve) => watch.start(2, new Map([['gauge', health]]), resolve));
  const verdict = await Promise.race([judged, sleep(60_000, undefined, { ref: false })]);
  watch.stop();
  await runtime.stop();
  return verdict ?? { kind: 'waiting', untilMs: 0 };
}

const answering = `printf("Status: %s\\r\\nContent-Type: text/plain\\r\\n\\r\\n", strcmp(getenv("PATH_INFO"), "/now") ? "404 None" : "200 OK");`;

cTest('a program that answers its path well passes its check', async (t) => {
  const verdict = await judge(t, answering, { http: { path: '/depth/now', withinSeconds: 30 } });
  t.deepEqual(verdict, { kind: 'healthy' });
});

cTest('a program that answers another path badly, or traps over it, fails its check with what was seen', async (t) => {
  const health = { http: { path: '/depth/then', withinSeconds: 4 } };
  const wanted = 'gauge 1 failed its check health.http: GET /depth/then is to give 2xx within 4 s, and';
  t.deepEqual(await judge(t, answering, health), { kind: 'failing', reason: `${wanted} the last answer was 404` });
  t.deepEqual(await judge(t, '__builtin_trap();', health), {
    kind: 'failing',
    reason: `${wanted} it ended badly over the request`,
  });
});

cTest(
  'a reactor whose function gives 0 in the end passes its check, and one that gives something else fails with that',
  async (t) => {
    const reactor = cReactor(`static int asked;
  EXPORT(handle) void handle(void) {}
  EXPORT(well) int well(void) { return asked++ > 0 ? 0 : 5; }
  EXPORT(ill) int ill(void) { return 5; }`);
    const trigger = { message: { channel: 'words' } };
    const terms = {
      trigger,
      channels: { in: { words: {} } },
      events: { instance: 'kept', handler: 'handle' },
    } as const;
    const asking = (name: string, withinSeconds: number) => ({ call: { function: name, withinSeconds } });
    t.deepEqual(await judge(t, reactor, asking('well', 30), terms), { kind: 'healthy' });
    t.deepEqual(await judge(t, reactor, asking('ill', 12), terms), {
      kind: 'failing',
      reason: 'gauge 1 failed its check health.call: ill is to give 0 within 12 s, and it gave 5 last',
    });
  },
);

cTest('a program whose events fail more often than it may fails before its time is over', async (t) => {
  const health = { failedEventsMax: 0, http: { path: '/depth', withinSeconds: 40 } };
  const verdict = await judge(t, '__builtin_trap();', health);
  t.regex(
    verdict.kind === 'failing' ? verdict.reason : '',
    /failed its check health.failedEvents: \d+ events failed, and 0 may/,
  );
});

cTest(
  'a program that writes to its channel passes its check, though nobody reads it, and one that is silent fails',
  async (t) => {
    const writing = `FILE *out = fopen("/channels/out/depths", "w"); fputs("4.2\\n", out); fflush(out); sleep(600);`;
    const terms = { channels: { out: { depths: {}, alarms: {} } } };
    t.deepEqual(await judge(t, writing, { messagesSeconds: { depths: 30 } }, terms), { kind: 'healthy' });
    t.deepEqual(await judge(t, writing, { messagesSeconds: { alarms: 3 } }, terms), {
      kind: 'failing',
      reason:
        'gauge 1 failed its check health.messages.alarms: a message is to be written within 3 s, and it wrote only to depths',
    });
    const silent = await judge(t, 'sleep(600);', { messagesSeconds: { depths: 3 } }, terms);
    t.regex(JSON.stringify(silent), /within 3 s, and it wrote to no channel/);
  },
);
