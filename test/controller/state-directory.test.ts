import test from 'ava';
import { readApiToken } from '../../controller/state-directory.ts';
import { makeDirectoryDurably, writeFileDurably } from '../../platform/durable-file.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { SimDisk } from '../sim/sim-disk.ts';

test('the API token is kept, and made anew where what is there can not be one', (t) => {
  const disk = new SimDisk();
  const random = new SimRandom(1);
  makeDirectoryDurably(disk, '/state');
  const read = () => readApiToken(disk, random, '/state/api-token');
  let token = read();
  for (const left of ['', '\n', 'short', '\u0000'.repeat(43), 'two words of an operator', 'ß'.repeat(20)]) {
    t.is(read(), token);
    writeFileDurably(disk, '/state', 'api-token', new TextEncoder().encode(left));
    const fresh = read();
    t.not(fresh, token);
    t.regex(fresh, /^[\w-]{43}$/);
    token = fresh;
  }
  writeFileDurably(disk, '/state', 'api-token', new TextEncoder().encode('an-operator-has-set-this\n'));
  t.is(read(), 'an-operator-has-set-this');
});
