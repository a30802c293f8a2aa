import test from 'ava';
import { CommandError, type ParsedArguments } from '../../cli/command.ts';
import { simulationQuestion } from '../../cli/simulation-options.ts';

function read(values: ParsedArguments['values'], lists: ParsedArguments['lists'] = {}, ...positionals: string[]) {
  return simulationQuestion({ positionals, flags: new Set(), values, lists });
}

const dayMs = 86_400_000;

test('what is not said of a simulation has its usual value', (t) => {
  t.like(read({}), {
    seeds: undefined,
    untilMs: 60 * dayMs,
    failShare: 0,
    contact: 'ship',
    over: 'cheapest',
    format: 'text',
  });
});

test('what is said of a simulation is taken', (t) => {
  const asked = read(
    { fail: '2.5%', seeds: '3', until: '12h', over: 'dearest', output: 'json', against: 'main' },
    { contact: ['vehicle', 'depot=always'], dark: ['aurora=14d', 'buoy=90m'] },
    'HEAD',
  );
  t.like(asked, {
    next: 'HEAD',
    against: 'main',
    failShare: 0.025,
    seeds: [1, 2, 3],
    untilMs: dayMs / 2,
    over: 'dearest',
  });
  t.deepEqual([...asked.contacts], [['depot', 'always']]);
  t.deepEqual(
    [...asked.darkMs],
    [
      ['aurora', 14 * dayMs],
      ['buoy', 5_400_000],
    ],
  );
  t.deepEqual(read({ seed: '7' }).seeds, [7]);
});

const refusals: readonly (readonly [() => unknown, RegExp])[] = [
  [() => read({ fail: '5' }), /--fail 5: write a share of the updates from 0% to 100%, such as 5%/],
  [() => read({ fail: '101%' }), /--fail 101%/],
  [() => read({}, { dark: ['aurora'] }), /--dark aurora: write SITE=14d/],
  [() => read({}, { dark: ['aurora=2w'] }), /--dark aurora=2w: write a time such as 90m, 12h or 14d, at most 730d/],
  [() => read({}, { dark: ['aurora=0d'] }), /--dark aurora=0d/],
  [() => read({}, { contact: ['=ship'] }), /--contact =ship: write SITE=ship/],
  [() => read({}, { contact: ['boat'] }), /--contact boat: there is ship, vehicle, always/],
  [() => read({}, { contact: ['ship', 'always'] }), /--contact ship and always: write one for all/],
  [() => read({ seeds: '0' }), /--seeds 0: write a whole number from 1 to 1000/],
  [() => read({ seeds: '3', seed: '1' }), /write one of them/],
  [() => read({ until: '900d' }), /--until 900d/],
  [() => read({ over: 'best' }), /--over best: there is cheapest and dearest/],
  [() => read({ output: 'yaml' }), /-o yaml: there is json/],
  [() => read({}, {}, 'HEAD', 'main'), /one REF at most/],
];

for (const [work, refusal] of refusals) {
  test(`a simulation is refused with what would do: ${refusal.source}`, (t) => {
    t.is(t.throws(work, { instanceOf: CommandError, message: refusal })?.exitCode, 2);
  });
}
