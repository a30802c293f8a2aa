/** Releases that take over the state of the one before them, in real host processes. */
import type { RunnableApplication } from '../../../device-agent/runtime/app-runtime.ts';
import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import { openRuntime, statesWhen } from './applications.ts';
import { cModule, cReactor, cTest } from './c-module.ts';

type Runtime = ReturnType<typeof openRuntime>['runtime'];

async function reportWhen(runtime: Runtime, name: string, holds: (report: ApplicationReport) => boolean) {
  const look = () => runtime.states().find((one) => one.name === name)!;
  await statesWhen(runtime, () => holds(look()));
  return look();
}

const inPlaceOf = ({ sha256 }: RunnableApplication, sequence: number) => ({ predecessor: { sha256, sequence } });

const lines = 200;

cTest(
  'a release that differs in code alone goes on where the one before it was, and no event is lost or handled twice',
  async (t) => {
    const { runtime, application, logWhen } = openRuntime(t);
    const adding = (step: number) =>
      cReactor(`static int total;
      EXPORT(add) int add(void) {
        char line[64];
        clearerr(stdin);
        if (!fgets(line, sizeof line, stdin)) return 1;
        usleep(20000);
        printf("%d after %s", total += ${step}, line);
        return 0;
      }`);
    const terms = {
      trigger: { message: { channel: 'numbers' } },
      channels: { in: { numbers: {} } },
      events: { instance: 'kept', handler: 'add' },
      handover: 'snapshot',
    } as const;
    const writer = application(
      'writer',
      cModule(
        `FILE *out = fopen("/channels/out/numbers", "w"); for (int i = 0; i < ${lines}; i++) fprintf(out, "%d\\n", i);`,
      ),
      { channels: { out: { numbers: { queue: 16 } } } },
    );
    const [one, heir] = [application('adder', adding(1), terms), application('heir', adding(1000))];
    // What is made ready already takes over at once.
    await runtime.apply([one, heir, writer]);
    await logWhen('adder', /after 20\n/);
    const two = application('adder', adding(1000), { ...terms, version: '2', ...inPlaceOf(one, 2) });
    await runtime.apply([two, writer]);
    const { snapshot } = await reportWhen(runtime, 'adder', (report) => report.snapshot?.isTakenOver === true);
    t.is(snapshot?.fault, undefined);
    const log = await logWhen('adder', new RegExp(`after ${lines - 1}\\n`));
    const told = [...log.matchAll(/out (\d+) after (\d+)/g)].map(([, total, line]) => [Number(total), Number(line)]);
    t.deepEqual(
      told.map(([, line]) => line),
      Array.from({ length: lines }, (_, line) => line),
    );
    const ofOld = told.filter(([total]) => total! < 1000).length;
    t.true(ofOld > 20 && ofOld < lines, `${ofOld} by the old one`);
    t.is(told.at(-1)![0], ofOld + (lines - ofOld) * 1000);
  },
);

/** A reactor that counts ticks, and keeps the count where its release has it. */
const ticking = (version: string, state: string, importing = `scanf("%d", &${state}); return 0;`) =>
  cReactor(`${state.startsWith('later') ? 'static char room[4096]; static int later = 0;' : 'static int count = 0;'}
    EXPORT(tick) void tick(void) { printf("${version} at %d\\n", ++${state}); }
    EXPORT(fleet_export_state) void export(void) { printf("%d\\n", ${state}); fflush(stdout); }
    EXPORT(fleet_import_state) int import(void) { ${importing} }`);

cTest(
  'a release reads the state that the one before it writes; where it can not, that one goes on as of the handover',
  async (t) => {
    const { runtime, application, logWhen } = openRuntime(t);
    const terms = {
      trigger: { schedule: { cron: '* * * * * *' } },
      events: { instance: 'kept', handler: 'tick' },
    } as const;
    const migrating = { ...terms, handover: 'migrate' } as const;
    const one = application('clockwork', ticking('one', 'count'), migrating);
    await runtime.apply([one]);
    await logWhen('clockwork', /one at 2\n/);
    // In another process.
    const two = application('clockwork', ticking('two', 'later'), {
      ...migrating,
      class: 'background',
      version: '2',
      ...inPlaceOf(one, 2),
    });
    await runtime.apply([two]);
    await logWhen('clockwork', /two at \d+\n/);

    const bad = ticking('three', 'count', 'return 3;');
    await runtime.apply([application('clockwork', bad, { ...migrating, version: '3', ...inPlaceOf(two, 3) })]);
    const report = await reportWhen(runtime, 'clockwork', ({ state, restarts }) => state === 'backoff' && restarts > 0);
    t.is(report.message, 'it did not take over the state of the release before it: its fleet_import_state gave 3');
    const other = { ...terms, handover: 'snapshot', version: '4', ...inPlaceOf(two, 4) } as const;
    await runtime.apply([application('clockwork', bad, other)]);
    const { message } = await reportWhen(runtime, 'clockwork', ({ state }) => state === 'backoff');
    t.regex(message!, /the release before it: more than code differs between the two modules: their .*data/);

    const before = await logWhen('clockwork', /more than code differs/);
    const last = Math.max(...[...before.matchAll(/ at (\d+)/g)].map(([, count]) => Number(count)));
    const { predecessor: _given, ...again } = two;
    await runtime.apply([again]);
    const log = await logWhen('clockwork', new RegExp(`two at ${last + 1}\\n`));
    await runtime.stop();
    const ticks = [...log.matchAll(/(\w+) at (\d+)/g)].map(([, version, count]) => [version, Number(count)]);
    t.deepEqual(
      ticks.map(([, count]) => count),
      ticks.map((_, at) => at + 1),
      'none is lost, none counted twice',
    );
    t.deepEqual([...new Set(ticks.map(([version]) => version))], ['one', 'two']);
  },
);
