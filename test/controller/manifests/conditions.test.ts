import test from 'ava';
import type { FleetSpec } from '../../../schemas/generated/types.ts';
import { application, desiredFrom, device, fleet, harbor, problemsOf } from './fleet-fixture.ts';

type When = NonNullable<FleetSpec['when']>;

const pump = application('pump', '1.0.0', { facts: { level: { type: 'number' } } });
const ships = (when: When, files: Readonly<Record<string, string>> = {}) => ({
  ...harbor,
  ...files,
  'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }], { when }),
});

const facts: When['facts'] = {
  speed: { type: 'number', maxAge: '5m' },
  in_port: { type: 'boolean', maxAge: '1h', missing: false },
};

function told(when: When, files: Readonly<Record<string, string>> = {}): string[] {
  return problemsOf(ships(when, files)).map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`);
}

const whenOf = (when: When, name: string, files = {}) =>
  desiredFrom(ships(when, files)).devices.get(name)?.template.when;

test('the conditions of a fleet stand in what its devices get, with the facts they are judged by', (t) => {
  t.deepEqual(whenOf({ activate: 'facts.speed == 0 && facts.in_port', facts }, 'bridge'), {
    activate: 'facts.speed == 0 && facts.in_port',
    facts: {
      speed: { type: 'number', maxAgeSeconds: 300 },
      in_port: { type: 'boolean', maxAgeSeconds: 3600, missing: false },
    },
  });
  const without = desiredFrom(harbor).devices.get('bridge')?.template;
  t.false('when' in without!);
});

test('of its labels a device is told those that conditions name', (t) => {
  const when = { activate: 'labels.role == "tug" || "zone" in labels' };
  const files = { 'devices/tug.yaml': device('tug', { kind: 'ship', role: 'tug', crew: '4' }) };
  t.deepEqual(whenOf(when, 'tug', files), { ...when, labels: { role: 'tug' } });
  t.deepEqual(whenOf(when, 'bridge', files), when);
});

test('a condition that can not be judged is refused where it stands, with what would do', (t) => {
  const one = (activate: string): string => told({ activate, facts })[0] ?? '';
  t.regex(one('facts.speed <'), /^fleets\/ships\.yaml:\d+ BAD_CONDITION .*Unexpected token: EOF/);
  t.regex(one('facts.speed'), /BAD_CONDITION .*it comes to a value of type double, and a condition to true or false/);
  t.regex(one('facts.sped == 0'), /UNKNOWN_FACT it names facts\.sped, .*did you mean "speed"\?/);
  t.regex(one('facts.speed + 1 == 0'), /BAD_CONDITION .*from "facts\.speed \+ 1 == 0" on: .*write 1\.0 instead of 1/);
  t.regex(one('string(facts.speed).matches("^(a+)+$")'), /BAD_CONDITION .*"matches" can't be used in a condition/);
  t.regex(one('1 == 1'), /NEVER_CHANGES it names nothing that changes on a device/);
  t.regex(one('x'.repeat(501)), /OUT_OF_RANGE spec\.when\.activate must have at most 500 characters, and has 501/);
  t.regex(told({ facts })[0] ?? '', /NO_CONDITION there is no condition; write fetch or activate/);
});

test('a fact without an age, of a wrong type, or that nobody publishes is refused', (t) => {
  const one = (fact: object, files = {}): string =>
    told({ activate: 'has(facts.level)', facts: { level: fact } as NonNullable<When['facts']> }, files)[0] ?? '';
  t.regex(one({ type: 'number' }), /spec\.when\.facts\.level.*maxAge/);
  t.regex(one({ type: 'number', maxAge: '5 minutes' }), /BAD_VALUE spec\.when\.facts\.level\.maxAge/);
  t.regex(one({ type: 'number', maxAge: '5m', missing: true }), /WRONG_TYPE "level" is a number, and true is none/);
  const published = { 'apps/pump.yaml': pump };
  const from = (name: string, type: 'number' | 'boolean' = 'number') => ({ type, maxAge: '5m', application: name });
  t.truthy(whenOf({ activate: 'has(facts.level)', facts: { level: from('pump') } }, 'bridge', published));
  t.regex(one(from('radio'), published), /UNKNOWN_FACT the fleet does not run radio; /);
  t.regex(one(from('pump', 'boolean'), published), /UNKNOWN_FACT pump publishes level as a number, not a boolean/);
  t.regex(one(from('pump')), /UNKNOWN_FACT pump publishes no fact "level"/);
});

test('a fleet may ask for consent aboard, and nothing else than required', (t) => {
  const asking = (consent: string) => ({
    ...harbor,
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }], { consent } as Partial<FleetSpec>),
  });
  t.is(desiredFrom(asking('required')).devices.get('bridge')?.template.consent, 'required');
  t.false('consent' in desiredFrom(harbor).devices.get('bridge')!.template);
  t.regex(problemsOf(asking('asked'))[0]?.message ?? '', /spec\.consent/);
});

test('what a fleet says of updates without a delta is told to its devices, unless they may come whole', (t) => {
  const saying = (bytes: object) => ({
    ...harbor,
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }], { rollout: { bytes } } as FleetSpec),
  });
  const told = (bytes: object) => desiredFrom(saying(bytes)).devices.get('bridge')!.template;
  t.is(told({ wholeModules: 'never' }).wholeModules, 'never');
  t.false('wholeModules' in told({ wholeModules: 'allow' }));
  t.not(told({ wholeModules: 'never' }).hash, told({ wholeModules: 'allow' }).hash);
  t.regex(problemsOf(saying({}))[0]?.message ?? '', /spec\.rollout\.bytes must not be empty/);
  t.regex(problemsOf(saying({ wholeModules: 'sometimes' }))[0]?.message ?? '', /spec\.rollout\.bytes\.wholeModules/);
});
