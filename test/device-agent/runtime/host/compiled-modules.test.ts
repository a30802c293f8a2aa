import { createHash } from 'node:crypto';
import test from 'ava';
import { CompiledModules, UnfitModule } from '../../../../device-agent/runtime/host/compiled-modules.ts';
import { SimDisk } from '../../../sim/sim-disk.ts';
import { printer } from '../module-builder.ts';

test('a module that is made ready by its host, where none could be kept, is what was deployed or does not run', async (t) => {
  const disk = new SimDisk();
  const deployed = printer('ahoy\n');
  const sha256 = createHash('sha256').update(deployed).digest('hex');
  const compiled = (bytes: Uint8Array) => {
    using file = disk.open('/module', 'write');
    file.truncate(0);
    file.write(0, bytes);
    const rest = { args: [], env: {}, config: {}, restart: 'never' as const, restarts: 0 };
    const application = { name: 'app', version: '1', sha256, length: deployed.length, modulePath: '/module', ...rest };
    return new CompiledModules(disk, () => Promise.resolve()).application(application);
  };
  t.deepEqual((await compiled(deployed)).traits.ownProcess, []);
  await t.throwsAsync(compiled(printer('other')), { instanceOf: UnfitModule, message: /is not what was deployed/ });
});
