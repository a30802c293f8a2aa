import test from 'ava';
import fc from 'fast-check';
import { type ConditionValues, readCondition } from '../../../artifact/condition/condition.ts';

const types = { speed: 'number', in_port: 'boolean', mode: 'string' } as const;

const nothing: ConditionValues = { facts: {}, labels: {}, link: {}, power: {} };
const inPort: ConditionValues = {
  facts: { speed: 0, in_port: true, mode: 'anchor' },
  labels: { role: 'tug' },
  link: { connected: true, interface: 'wlan0' },
  power: { external: true, battery: 80 },
};

/** What became of each clause. */
function judged(text: string, values = inPort): string[] {
  const read = readCondition(text, types);
  if (read.kind === 'fault') throw new Error(read.message);
  return read.clauses.map(({ text: clause, judge }) => `${clause} → ${judge(values).kind}`);
}

function faultOf(text: string): string {
  const read = readCondition(text, types);
  return read.kind === 'fault' ? `${read.at}: ${read.message}` : 'no fault';
}

test('a condition falls apart into the clauses that all have to be true, whatever stands in parentheses and strings', (t) => {
  t.deepEqual(judged('facts.speed == 0 && facts.in_port'), ['facts.speed == 0 → true', 'facts.in_port → true']);
  t.deepEqual(judged('facts.in_port && (facts.speed < 0.5 && facts.mode == "a && b") && true'), [
    'facts.in_port → true',
    '(facts.speed < 0.5 && facts.mode == "a && b") → false',
    'true → true',
  ]);
  t.deepEqual(judged('(facts.in_port || facts.speed < 1.0) == (labels.role == "tug") && !facts.in_port'), [
    '(facts.in_port || facts.speed < 1.0) == (labels.role == "tug") → true',
    '!facts.in_port → false',
  ]);
  t.is(judged('facts.in_port || facts.mode == "a" && facts.speed > 1.0').length, 1);
});

test('a condition may be about facts, labels, link and power', (t) => {
  for (const text of [
    'facts.mode in ["port", "anchor"] && facts.mode.startsWith("an") && size(facts.mode) > 3',
    'labels.role == "tug" && labels["role"] == "tug" && "role" in labels && !("zone" in labels)',
    'link.connected && link.interface.startsWith("wlan")',
    'power.external || power.battery > 30',
    'facts.speed - 1.0 < 0.0 ? facts.in_port : false',
  ])
    t.true(
      judged(text).every((clause) => clause.endsWith('→ true')),
      text,
    );
});

test('what is not known makes a clause unknown, unless it does not depend on it or asks with has()', (t) => {
  t.deepEqual(judged('facts.in_port && facts.speed < 1.0', nothing), [
    'facts.in_port → unknown',
    'facts.speed < 1.0 → unknown',
  ]);
  t.deepEqual(judged('facts.in_port || labels.role == "tug"', { ...nothing, labels: { role: 'tug' } }), [
    'facts.in_port || labels.role == "tug" → true',
  ]);
  t.deepEqual(judged('!has(facts.speed) && has(facts.mode)', nothing), [
    '!has(facts.speed) → true',
    'has(facts.mode) → false',
  ]);
});

test('what a clause can not come to has a reason', (t) => {
  const read = readCondition('int(facts.mode) == 1', types);
  t.like(read.kind === 'condition' && read.clauses[0]?.judge(inPort), { kind: 'failed' });
});

test('what is no condition is refused where it is wrong, with what would do', (t) => {
  t.regex(faultOf('facts.in_port &&'), /^16: Unexpected token: EOF/);
  t.regex(faultOf('facts.speed'), /^0: it comes to a value of type double, and a condition to true or false/);
  t.regex(faultOf('facts.in_port && facts.speed + 1 > 2.0'), /^17: .*double \+ int; .*write 1\.0 instead of 1/);
  t.regex(faultOf('facts.sped < 1.0'), /^6: No such key: sped/);
  t.regex(faultOf('link.name == "a"'), /^5: No such key: name/);
  t.regex(faultOf('facts == facts'), /^0: "facts" alone can't be used in a condition; it is about facts\.NAME, labels/);
  t.regex(faultOf('now > 3'), /^0: "now" alone/);
});

test('what could take long is refused: regular expressions, loops, large lists and long expressions', (t) => {
  t.regex(faultOf('facts.mode.matches("^(a+)+$")'), /"matches" can't be used .*bounded time; there are: startsWith/);
  t.regex(faultOf('[1, 2].all(x, x > 0)'), /"all" can't be used/);
  t.regex(faultOf('cel.bind(x, facts.speed, x > 1.0)'), /Exceeded maxCallArguments/);
  t.regex(faultOf('[1].map(x, [1].map(y, y)) == []'), /"map" can't be used/);
  t.regex(faultOf(`facts.speed in [${Array.from({ length: 33 }, () => '1.0').join(',')}]`), /Exceeded maxListElements/);
  t.regex(faultOf(Array.from({ length: 60 }, () => 'facts.in_port').join(' && ')), /Exceeded maxAstNodes/);
  t.regex(faultOf(`${'('.repeat(30)}facts.in_port${')'.repeat(30)}`), /Exceeded maxDepth/);
  t.regex(faultOf('{"a": 1}["a"] == 1'), /Exceeded maxMapEntries|can't be used/);
});

/** Conditions that need no parentheses around `&&`. */
const clause = fc.constantFrom(
  ...[
    'facts.in_port',
    '!facts.in_port',
    'facts.speed < 1.0',
    'facts.mode == "&&"',
    '(facts.in_port || power.external)',
  ],
);
const known = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const values = fc
  .record({ speed: known(fc.double()), in_port: known(fc.boolean()), mode: known(fc.string()), external: fc.boolean() })
  .map(({ external, ...facts }): ConditionValues => {
    const seen = Object.entries(facts).filter(([, value]) => value !== undefined);
    return { ...nothing, facts: Object.fromEntries(seen) as ConditionValues['facts'], power: { external } };
  });

test('clauses are all true exactly when the whole condition is', (t) => {
  const whole = (text: string): string => judged(`(${text}) || false`, nothing)[0] ?? '';
  t.regex(whole('facts.in_port'), /unknown/);
  fc.assert(
    fc.property(fc.array(clause, { minLength: 1, maxLength: 6 }), values, (clauses, seen) => {
      const text = clauses.join(' && ');
      const each = judged(text, seen);
      t.is(each.length, clauses.length);
      const isTrue = judged(`(${text}) || false`, seen)[0]?.endsWith('→ true') === true;
      t.is(
        each.every((one) => one.endsWith('→ true')),
        isTrue,
      );
    }),
  );
});

test('no text makes reading a condition throw', (t) => {
  const words = ['facts', '.', 'speed', 'in_port', '(', ')', '&&', '||', '"', '[', ']', '1', '!', 'in', '?', ':', ' '];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 30 }), (parts) => {
      t.truthy(readCondition(parts.join(''), types).kind);
    }),
  );
});
