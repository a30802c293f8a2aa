import test from 'ava';
import { FuelMeter } from '../../../../device-agent/runtime/host/fuel-meter.ts';

test('a slice grows and shrinks with the speed at which it was spent, within bounds', (t) => {
  const meter = new FuelMeter({}, 0);
  const next = (): number => {
    const grant = meter.grant(0, 0);
    return grant.kind === 'slice' ? grant.left : -1;
  };
  const first = next();
  meter.ran(first, 0.1);
  t.is(next(), first * 2, 'a hundred times faster doubles it');
  for (let slow = 0; slow < 20; slow++) meter.ran(next(), 1_000);
  t.is(next(), 10_000, 'it does not vanish');
});

test('a guest that has had its share of the second waits until it has earned what it owes', (t) => {
  const meter = new FuelMeter({ fuelPerSecond: 100_000 }, 0);
  t.deepEqual(meter.grant(0, 0), { kind: 'slice', left: 100_000 });
  const wait = meter.grant(-300_000, 0);
  t.is(wait.kind, 'wait');
  const delayMs = wait.kind === 'wait' ? wait.delayMs : 0;
  t.true(delayMs >= 3_000 && delayMs < 3_100, `${delayMs}`);
  t.is(meter.grant(-300_000, delayMs).kind, 'slice');
  t.is(meter.grant(0, delayMs).kind, 'wait', 'what it owed is not earned once more');
});

test('what calls to the host have cost beyond a slice is earned before there is another one', (t) => {
  const meter = new FuelMeter({ fuelPerSecond: 100_000 }, 0);
  meter.grant(0, 0);
  meter.lend(300_000);
  const wait = meter.grant(0, 0);
  t.is(wait.kind, 'wait');
  const delayMs = wait.kind === 'wait' ? wait.delayMs : 0;
  t.true(delayMs >= 3_000 && delayMs < 3_100, `${delayMs}`);
  t.is(meter.grant(0, delayMs).kind, 'slice');
});

test('what a run may spend is counted to the unit, debts and calls included', (t) => {
  const meter = new FuelMeter({ fuelPerRun: 150_000 }, 0);
  t.deepEqual(meter.grant(0, 0), { kind: 'slice', left: 100_000 });
  meter.lend(10_000);
  t.is(meter.spent(0), 110_000);
  t.deepEqual(meter.grant(-20_000, 0), { kind: 'slice', left: 20_000 });
  t.is(meter.spent(20_000), 130_000);
  t.deepEqual(meter.grant(0, 0), { kind: 'spent' });
});

test('a guest that is called anew has all the fuel of a run, and what it has left over is part of that', (t) => {
  const meter = new FuelMeter({ fuelPerRun: 150_000 }, 0);
  meter.grant(0, 0);
  meter.begin(40_000);
  t.is(meter.spentOfRun(40_000), 0);
  t.deepEqual(meter.grant(0, 0), { kind: 'slice', left: 100_000 });
  t.deepEqual(meter.grant(0, 0), { kind: 'slice', left: 10_000 });
  t.deepEqual(meter.grant(0, 0), { kind: 'spent' });
  t.deepEqual([meter.spentOfRun(0), meter.spent(0)], [150_000, 210_000]);
});

test('what a guest gives back of a slice is there for its next one', (t) => {
  const meter = new FuelMeter({ fuelPerSecond: 100_000 }, 0);
  t.deepEqual(meter.grant(0, 0), { kind: 'slice', left: 100_000 });
  t.is(meter.takeBack(90_000), 0);
  t.is(meter.spent(0), 10_000);
  t.deepEqual(meter.grant(0, 0), { kind: 'slice', left: 90_000 });
});
