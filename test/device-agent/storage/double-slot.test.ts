import test from 'ava';
import fc from 'fast-check';
import { DoubleSlot } from '../../../device-agent/storage/double-slot.ts';
import { DiskError } from '../../../platform/ports.ts';
import { PowerCut, SimDisk } from '../../sim/sim-disk.ts';

function begin(): SimDisk {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  disk.syncDirectory('/');
  return disk;
}

test('after a power cut the slot holds what was written last, or what was being written', (t) => {
  const scenario = fc.record({
    values: fc.array(fc.string({ maxLength: 2000 }), { minLength: 1, maxLength: 8 }),
    cutAfter: fc.nat(30),
    fates: fc.array(fc.double({ min: 0, max: 0.99, noNaN: true }), { minLength: 1, maxLength: 20 }),
  });
  fc.assert(
    fc.property(scenario, ({ values, cutAfter, fates }) => {
      const disk = begin();
      let written: string | undefined;
      let writing: string | undefined;
      disk.crashAfter(cutAfter);
      try {
        const { slot } = DoubleSlot.open<string>(disk, '/state/x');
        for (const value of values) {
          writing = value;
          slot.write(value);
          written = value;
        }
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      let draw = 0;
      disk.crash(() => fates[draw++ % fates.length]!);
      disk.restart();
      const { value } = DoubleSlot.open<string>(disk, '/state/x');
      return value === written || value === writing;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('any flipped bit leaves the value written last or the one before, and mending makes both slots good', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom('a', 'b'), fc.nat(), fc.constantFrom('a', 'b'), (bit, one, bit2, other) => {
      const disk = begin();
      const { slot } = DoubleSlot.open<string>(disk, '/state/x');
      for (const value of ['first', 'second', 'third']) slot.write(value);
      disk.flipBit(`/state/x.${one}`, bit);
      const { value } = DoubleSlot.openMended<string>(disk, '/state/x');
      disk.flipBit(`/state/x.${other}`, bit2);
      return ['second', 'third'].includes(value!) && DoubleSlot.open<string>(disk, '/state/x').value === value;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('what rots while it is open is mended in place: the other slot may rot then, and the power go in the middle', (t) => {
  const value = 'third';
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom('a', 'b'),
      fc.nat(),
      fc.constantFrom('a', 'b'),
      fc.nat(6),
      (bit, one, bit2, other, cut) => {
        const disk = begin();
        const { slot } = DoubleSlot.open<string>(disk, '/state/x');
        for (const written of ['first', value, value]) slot.write(written);
        disk.flipBit(`/state/x.${one}`, bit);
        disk.crashAfter(cut);
        try {
          slot.mend(value);
          disk.flipBit(`/state/x.${other}`, bit2);
        } catch (error) {
          if (!(error instanceof PowerCut)) throw error;
        }
        disk.crash(() => 0.5);
        disk.restart();
        return DoubleSlot.open<string>(disk, '/state/x').value === value;
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});

test('a slot that cannot be read gives way to the other, and with no other nothing is taken for empty', (t) => {
  const disk = begin();
  const { slot } = DoubleSlot.open<string>(disk, '/state/x');
  for (const value of ['first', 'second', 'third']) slot.write(value);
  disk.spoil('/state/x.b');
  const { value, slot: mended } = DoubleSlot.openMended<string>(disk, '/state/x');
  t.is(value, 'second');
  disk.spoil('/state/x.a');
  mended.mend('second');
  t.is(DoubleSlot.open<string>(disk, '/state/x').value, 'second');
  for (const name of ['/state/x.a', '/state/x.b']) disk.spoil(name);
  t.throws(() => DoubleSlot.openMended<string>(disk, '/state/x'), { instanceOf: DiskError });
});
