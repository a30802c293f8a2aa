import test from 'ava';
import fc from 'fast-check';
import { Passage } from '../../../device-agent/download/passage.ts';
import { exitsOf } from '../../../device-agent/links/exits.ts';
import { closedToForm, type LinkAllowance, linkOn } from '../../../device-agent/links/link-terms.ts';

test('a delta comes along only over a link that carries deltas, and has room for all that may', (t) => {
  const carries = (terms: Partial<LinkAllowance>, wayOut = 'sat0'): boolean => {
    const links = [{ name: 'vsat', interface: 'sat*', ...terms }];
    return new Passage({ links, wayOut: () => wayOut, came: () => {} }).carries('delta', 4_096);
  };
  t.true(carries({}));
  t.true(carries({ carries: ['delta'] }));
  t.false(carries({ carries: ['whole'] }));
  t.false(carries({ carries: ['control'] }));
  t.false(carries({ left: 20_000 }));
  t.true(carries({ left: 30_000 }));
  t.true(carries({ carries: ['control'] }, 'wlan0'), 'of which nobody said anything');
});

const names = ['sat0', 'wlan0', 'lte0', 'eth0'];

/** A link on each interface but `eth0`, on some terms. */
const linkArbitrary = (name: string): fc.Arbitrary<LinkAllowance> =>
  fc.record(
    {
      ...{ name: fc.constant(`link of ${name}`), interface: fc.constant(name) },
      dearness: fc.integer({ min: 1, max: 3 }),
      carries: fc.constantFrom<NonNullable<LinkAllowance['carries']>[]>(
        ['control'],
        ['delta'],
        ['whole'],
        ['delta', 'whole'],
      ),
      left: fc.constantFrom(0, 1_000_000),
      shut: fc.constant({ code: 'LINK_WINDOW', message: 'not now' } as const),
    },
    { requiredKeys: ['name', 'interface'] },
  );

test('a module goes over the cheapest link that may carry it, over that of the default route among those that cost the same, and over none that may not', (t) => {
  const world = fc.record({
    links: fc.tuple(...['sat0', 'wlan0', 'lte0'].map(linkArbitrary)),
    interfaces: fc.shuffledSubarray(names, { minLength: 1 }),
    failing: fc.subarray(names),
    form: fc.constantFrom('delta' as const, 'whole' as const),
  });
  fc.assert(
    fc.property(world, ({ links, interfaces, failing, form }) => {
      const [wayOut] = interfaces;
      const may = (name: string): boolean => {
        const link = linkOn(links, name);
        return link !== undefined && closedToForm(link, form) === undefined;
      };
      const dearness = (name: string): number => linkOn(links, name)?.dearness ?? 0;
      const exits = exitsOf(interfaces, links).map((exit) => exit.interface);
      const passage = new Passage({ links, wayOut: () => wayOut, exits, came: () => {} });
      const toll = passage.toll(form);
      const tried: string[] = [];
      for (let exit = toll.exit(); exit !== undefined; exit = toll.exit()) {
        tried.push(exit);
        t.true(toll.ask() > 0);
        if (!failing.includes(exit) || !toll.failed(exit)) break;
      }
      if (wayOut === 'eth0') return t.deepEqual(tried, [], 'of which nobody said anything');
      t.true(tried.every((name) => may(name) && name !== wayOut));
      t.deepEqual(
        tried,
        tried.toSorted((a, b) => dearness(a) - dearness(b)),
      );
      const cheaper = interfaces.filter((name) => may(name) && (!may(wayOut!) || dearness(name) < dearness(wayOut!)));
      const untried = cheaper.filter((name) => !tried.includes(name));
      const last = tried.at(-1);
      if (last === undefined || failing.includes(last)) t.deepEqual(untried, []);
      else t.true(untried.every((name) => dearness(name) >= dearness(last)));
    }),
    { numRuns: 500 },
  );
});
