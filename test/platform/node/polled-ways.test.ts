import { spawnSync } from 'node:child_process';
import test from 'ava';
import { waysText } from '../../../platform/node/network-ways.ts';
import { polledWays } from '../../../platform/node/polled-ways.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

test('a change is noticed within five seconds, within twenty where there is time, and once', async (t) => {
  const time = new SimTime(0);
  let text = 'eth0';
  let changes = 0;
  let looks = 0;
  const run = (seconds: number): Promise<void> => time.runUntil(time.now + seconds * 1000);
  const ways = polledWays(time.clock({ alive: true }), () => {
    looks += 1;
    return text;
  });
  const watch = ways.watch(() => {
    changes += 1;
  });
  await run(60);
  t.is(changes, 0);
  text = 'eth0 10.0.0.2';
  await run(5);
  t.is(changes, 1);
  watch.attend('easy');
  looks = 0;
  await run(60);
  t.deepEqual([changes, looks], [1, 3]);
  text = 'eth0 10.0.0.3';
  await run(20);
  t.is(changes, 2);
  watch[Symbol.dispose]();
  text = '';
  await run(60);
  t.is(changes, 2);
});

/** The ways before and after a change to a network of a process of its own; undefined where it may have none. */
function waysAround(change: string): readonly string[] | undefined {
  const module = new URL('../../../platform/node/network-ways.ts', import.meta.url).pathname;
  const ask = `"${process.execPath}" -e 'import("${module}").then(({ waysText }) => console.log(JSON.stringify(waysText())))'`;
  const { status, stdout } = spawnSync(
    'unshare',
    ['-rn', 'sh', '-ec', `ip link set lo up; ${ask}; ${change}; ${ask}`],
    {
      encoding: 'utf8',
    },
  );
  return status === 0
    ? stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as string)
    : undefined;
}

test('an address and a route that come are seen, and nothing else changes the text', (t) => {
  t.is(waysText(), waysText());
  const still = waysAround('true');
  if (still === undefined) return t.log('skipped: this machine gives no network of its own');
  t.is(still[0], still[1]);
  for (const change of ['ip addr add 10.9.8.7/24 dev lo', 'ip route add 10.1.0.0/16 dev lo', 'ip link set lo down']) {
    const [before, after] = waysAround(change) ?? [];
    t.not(before, after, change);
  }
});
