import test from 'ava';
import { openRuntime, statesWhen } from './applications.ts';
import { adder, caller, isCounting, multiplier } from './linked-modules.ts';

test.serial('only the module that changed is reloaded: what calls it is not started again', async (t) => {
  const { runtime, application, logWhen, logOf } = openRuntime(t);
  const linkedTo = (module: Uint8Array, changes: { version?: string } = {}) => {
    const codec = application('codec', module, changes);
    const { name, version, sha256, length, modulePath } = codec;
    return application('caller', caller, { links: { codec: { name, version, sha256, length, modulePath } } });
  };
  await runtime.apply([linkedTo(adder)]);
  await logWhen('caller', /BP/);
  await runtime.apply([linkedTo(multiplier, { version: '2' })]);
  await logWhen('caller', /@$/m);
  t.deepEqual(await statesWhen(runtime, ({ caller: state }) => state === 'running'), { caller: 'running' });
  t.like(runtime.states()[0], { restarts: 0, links: { codec: 'codec/2' } });
  t.true(isCounting(logOf('caller')));
  t.regex(logOf('caller'), /other modules are linked to it/);
});
