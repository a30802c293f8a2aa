import test from 'ava';
import { harbor, problemsOf } from './fleet-fixture.ts';

function faults(kind: string, spec: string, labels = '{}'): string[] {
  const text = `apiVersion: fleet/v1alpha1\nkind: ${kind}\nmetadata: { name: more, labels: ${labels} }\nspec: ${spec}\n`;
  const told = problemsOf({ ...harbor, 'more.yaml': text }).filter(({ file }) => file === 'more.yaml');
  return told.map(({ line, code, message }) => `${line} ${code} ${message}`);
}

test('what is empty, or too much, is told with how much there may be and what it is for', (t) => {
  t.deepEqual(faults('Policy', '{}'), ['4 OUT_OF_RANGE spec must not be empty']);
  t.deepEqual(faults('Policy', '{ maxPrice: {} }').length, 1);
  t.regex(
    faults('Policy', '{ maxPrice: {} }')[0]!,
    /^4 OUT_OF_RANGE spec\.maxPrice must not be empty: What a commit may/,
  );
  t.regex(
    faults('Site', '{ links: [{ name: a, rate: 1Mbit/s, match: { interface: eth0 }, carries: [] }] }')[0]!,
    /OUT_OF_RANGE spec\.links\[0\]\.carries must not be empty: What of modules may travel over it/,
  );
  const devices = `{ reason: "${'x'.repeat(300)}" }`;
  t.regex(
    faults('Device', `{ hold: ${devices} }`)[0]!,
    /spec\.hold\.reason must have at most \d+ characters, and has 300/,
  );
});

test('what has to be one value is told with that value', (t) => {
  t.regex(
    faults('Policy', '{ keepBudgets: false }')[0]!,
    /^4 OUT_OF_RANGE spec\.keepBudgets must be true, not boolean false/,
  );
});

test('a name or a length of time of the wrong form is told with the right one', (t) => {
  t.deepEqual(faults('Policy', '{ maxPrice: { EURO: 1 } }'), [
    '4 BAD_NAME "EURO" cannot be a name in spec.maxPrice: A currency by ISO 4217: EUR, NOK, USD.',
  ]);
  t.deepEqual(faults('Site', '{}', '{ berth: pier-ä }'), [
    '3 BAD_VALUE metadata.labels.berth cannot be string "pier-ä": Letters, digits and - _ . inside, at most 63 characters.',
  ]);
  const windows = '{ activate: [{ cron: "0 2 * * *", duration: -1h }] }';
  t.regex(
    faults('Fleet', `{ selector: { matchLabels: { none: "1" } }, applications: [], windows: ${windows} }`)[0]!,
    /BAD_VALUE spec\.windows\.activate\[0\]\.duration cannot be string "-1h": How long it stays open, as 30m, 4h or 2d; at most 31d\./,
  );
});
