import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { prepareModule } from '../../../device-agent/runtime/prepare/prepare-module.ts';
import { PreparedStore, readPrepared } from '../../../device-agent/runtime/prepare/prepared-store.ts';
import { Preparer } from '../../../device-agent/runtime/prepare/preparer.ts';
import type { PrepareOutcome, PrepareWork } from '../../../device-agent/runtime/prepare/protocol.ts';
import { PreparedModules } from '../../../device-agent/runtime/prepare/readiness.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { openRuntime, statesWhen } from './applications.ts';
import { compileBombs, hostileGuest } from './hostile-guests.ts';
import { printer } from './module-builder.ts';

const sha256 = 'ab'.repeat(32);

const noPause = () => Promise.resolve();

test('a prepared module is found as it was kept, and one that rotted is not found', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-prepared-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const store = new PreparedStore(nodeDisk, directory);
  t.is(store.find(`${sha256}.1-16`), undefined);
  store.keep(`${sha256}.1-16`, Uint8Array.of(1, 2, 3), { ownProcess: ['why'] });
  const found = store.find(`${sha256}.1-16`);
  t.deepEqual(found?.traits, { ownProcess: ['why'] });
  t.deepEqual([...((await readPrepared(nodeDisk, found!, noPause)) ?? [])], [1, 2, 3]);
  const file = join(directory, `${sha256}.1-16`);
  const whole = readFileSync(file);
  for (let at = 0; at < whole.length; at++) {
    const rotted = Buffer.from(whole);
    rotted[at]! ^= 1;
    writeFileSync(file, rotted);
    const again = store.find(`${sha256}.1-16`);
    const bytes = again && (await readPrepared(nodeDisk, again, noPause));
    t.true(again === undefined || Buffer.from(bytes ?? []).equals(whole.subarray(-3)), `byte ${at}`);
  }
  writeFileSync(file, whole.with(-1, whole.at(-1)! ^ 1));
  t.is(await readPrepared(nodeDisk, found!, noPause), undefined, 'rotted since it was found');
  store.collect(new Set());
  t.deepEqual(readdirSync(directory), []);
});

test('a module of megabytes is read a piece at a time, and others run in between', async (t) => {
  const disk = new SimDisk();
  const store = new PreparedStore(disk, '/p');
  const module = Buffer.alloc(3 * 2 ** 20, 'module');
  store.keep('m', module, { ownProcess: [] });
  let pauses = 0;
  const pause = (): Promise<void> => {
    pauses += 1;
    return Promise.resolve();
  };
  const read = await readPrepared(disk, store.find('m')!, pause);
  t.true(module.equals(read!));
  t.true(pauses >= 5, `${pauses}`);
});

test('what a module may not be is told before it runs; what it needs a process for, with it', (t) => {
  t.deepEqual(prepareModule(hostileGuest('bigmin'), 64).kind, 'refused');
  t.deepEqual(prepareModule(Uint8Array.of(0, 1, 2), 64).kind, 'refused');
  const traits = (name: 'gcbomb' | 'wait' | 'ticker') => {
    const preparation = prepareModule(hostileGuest(name), 64);
    return preparation.kind === 'prepared' ? preparation.traits.ownProcess.length : -1;
  };
  t.deepEqual([traits('gcbomb'), traits('wait'), traits('ticker')], [1, 1, 0]);
});

for (const [name, bomb] of Object.entries(compileBombs)) {
  test(`a module that would take long to compile is refused, or kept from its neighbours: ${name}`, (t) => {
    const preparation = prepareModule(bomb(), 64);
    t.true(preparation.kind === 'refused' || preparation.traits.ownProcess.length > 0);
  });
}

test('a module that takes too long to prepare costs its process, and the next one has another', async (t) => {
  const time = new SimTime(0);
  let started = 0;
  const start = () => {
    started += 1;
    const isFirst = started === 1;
    let exited = (): void => {};
    let answer: (outcome: unknown) => void = () => {};
    return {
      pid: started,
      send: () => {
        if (!isFirst) answer({ kind: 'prepared' });
      },
      onMessage: (handler: (outcome: unknown) => void) => {
        answer = handler;
      },
      onExit: (handler: (exit: { code: undefined; signal: string }) => void) => {
        exited = () => handler({ code: undefined, signal: 'SIGKILL' });
      },
      kill: () => exited(),
    };
  };
  const preparer = new Preparer({ processes: { start }, clock: time.clock({ alive: true }), file: 'prepare.js' });
  const work = { modulePath: '/m', sha256, length: 1, isLinked: false, memoryPagesMax: 1, directory: '/p', name: 'n' };
  const done = preparer.prepare([work, work]);
  await time.runUntil(120_000);
  t.deepEqual(
    (await done).map(({ kind }) => kind),
    ['failed', 'prepared'],
  );
  t.is(started, 2);
});

test('a module that one application runs alone and another one links is judged for each as it is used', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-prepared-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const store = new PreparedStore(nodeDisk, directory);
  let answer: (outcome: PrepareOutcome) => void = () => {};
  const start = () => ({
    pid: 1,
    onMessage: (handler: (outcome: unknown) => void) => {
      answer = handler;
    },
    onExit: () => {},
    kill: () => {},
    send: (work: unknown) => {
      const { name, isLinked } = work as PrepareWork;
      if (isLinked) store.keep(name, Uint8Array.of(1), { ownProcess: [] });
      answer(isLinked ? { kind: 'prepared' } : { kind: 'refused', message: 'it is a library' });
    },
  });
  const clock = new SimTime(0).clock({ alive: true });
  const modules = new PreparedModules(store, new Preparer({ processes: { start }, clock, file: 'p' }), directory);
  const library = { name: 'codec', version: '1', sha256, length: 1, modulePath: '/m' };
  for (const isLinkedFirst of [true, false]) {
    const uses = [isLinkedFirst, !isLinkedFirst].map((isLinked) => ({ ...library, isLinked }));
    const kinds = (await modules.ready(uses)).map(({ kind }) => kind);
    t.deepEqual(kinds, isLinkedFirst ? ['ready', 'refused'] : ['refused', 'ready']);
  }
});

test.serial('what is deployed runs, in a process of its own, also where nothing can be kept', async (t) => {
  const { runtime, application, directory, logOf } = openRuntime(t);
  // A file in the place of the directory: nobody can write below it, whoever runs this.
  writeFileSync(join(directory, 'prepared'), '');
  chmodSync(join(directory, 'prepared'), 0o400);
  await runtime.apply([application('greeter', printer('ahoy\n'))]);
  await statesWhen(runtime, ({ greeter }) => greeter === 'completed');
  t.regex(runtime.states()[0]?.process ?? '', /^it is made ready there: /);
  t.regex(logOf('greeter'), /out ahoy/);
});
