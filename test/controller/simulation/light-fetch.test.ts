import test from 'ava';
import { carry, type Road } from '../../../controller/simulation/light-fetch.ts';
import { LightLinks } from '../../../controller/simulation/light-links.ts';
import type { Wait } from '../../../controller/simulation/waits.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

const month = { per: 'month', bytes: 1_000_000 } as const;

test('what of a budget lasts for no time at the rate of its link is waited out, and a rate without sense ends nothing', async (t) => {
  const time = new SimTime(Date.parse('2026-03-10T00:00:00Z'));
  const open = { isUp: true, until: Number.POSITIVE_INFINITY };
  const waits: (Wait | undefined)[] = [];
  let loads = 0;
  const road = {
    ...{ time, links: new LightLinks(), contacts: { at: () => open }, conditions: () => open },
    openingOf: () => ({ kind: 'never' }) as const,
    onLoad: () => (loads += 1),
    onWait: (wait: Wait | undefined) => waits.push(wait),
  };
  const load = { link: 'vsat', budget: month, bytes: 3_000_000, ms: 1e-6, price: 0 };
  carry(road as unknown as Road, [load], { hasCondition: false }, () => {});
  await time.runUntil(time.now + 86_400_000);
  t.is(loads, 0);
  t.is(waits.at(-1)?.code, 'LINK_BUDGET');
});
