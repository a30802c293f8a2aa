import test from 'ava';
import fc from 'fast-check';
import { drawSilence, withSilence } from '../../../controller/planning/contact-history.ts';
import { type ContactKind, Contacts } from '../../../controller/simulation/contacts.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';

const dayMs = 86_400_000;

const kindArbitrary = fc.constantFrom<ContactKind>('ship', 'vehicle', 'always');

test('contacts go on without a gap, whenever they are asked for', (t) => {
  fc.assert(
    fc.property(
      kindArbitrary,
      fc.integer(),
      fc.array(fc.integer({ min: 0, max: dayMs }), { maxLength: 50 }),
      (kind, seed, steps) => {
        const contacts = new Contacts({ kind }, new SimRandom(seed), 0);
        let now = 0;
        let before = contacts.at(0);
        for (const step of steps) {
          now += step;
          const stretch = contacts.at(now);
          t.true(stretch.until > now);
          if (now < before.until) t.deepEqual(stretch, before);
          t.true(contacts.nextUp(now) >= now);
          before = stretch;
        }
      },
    ),
  );
});

test('who is always in contact is, from the end of a darkness on', (t) => {
  const contacts = new Contacts({ kind: 'always', darkMs: 3 * dayMs }, new SimRandom(1), 0);
  t.deepEqual(contacts.at(dayMs), { isUp: false, until: 3 * dayMs });
  t.deepEqual(contacts.at(3 * dayMs), { isUp: true, until: Number.POSITIVE_INFINITY });
});

test('silences are drawn from those that were seen, and one that goes on already is never over before now', (t) => {
  const lengths = [1, 2, 2, 3, 8, 20].map((days) => days * dayMs);
  const silences = lengths.reduce(withSilence, '');
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      fc.integer({ min: 0, max: 40 }),
      (fraction, days) => {
        const left = drawSilence(silences, days * dayMs, fraction)!;
        // Classes are half an octave wide.
        t.true(left >= 0 && left <= 20 * 2 * dayMs);
      },
    ),
  );
  const drawn = Array.from({ length: 600 }, (_, at) => drawSilence(silences, 0, at / 600)!);
  const short = drawn.filter((ms) => ms < 4.5 * dayMs).length / drawn.length;
  t.true(short > 0.6 && short < 0.72, `${short} of them are as short as four in six were`);
});

test('where too few silences were seen there is no basis to draw from', (t) => {
  t.is(drawSilence('', 0, 0.5), undefined);
  t.is(drawSilence(withSilence('', dayMs), 0, 0.5), undefined);
});
