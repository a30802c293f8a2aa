import test from 'ava';
import { fillIn, fillInDeep } from '../../../controller/manifests/placeholder.ts';

const values = { name: 'bridge', labels: { zone: 'north', 'example.org/deck': '3' }, site: 'aurora' };

function filled(text: string): string {
  return fillIn(text, values, (name) => {
    throw new Error(`no value for ${name}`);
  });
}

test('placeholders are filled in from the device', (t) => {
  t.is(filled('${device.name}@${site.name}/${device.labels.zone}'), 'bridge@aurora/north');
  t.is(filled('deck ${device.labels.example.org/deck}'), 'deck 3');
});

test('a doubled dollar is a plain one, and what was filled in is not filled in again', (t) => {
  t.is(filled('$${device.name}'), '${device.name}');
  t.is(filled('$ {x} $x ${device.name}$'), '$ {x} $x bridge$');
  t.is(fillIn('${device.labels.a}', { ...values, labels: { a: '${device.name}' } }, t.fail), '${device.name}');
});

test('a name without a value is told, and inherited names are no labels', (t) => {
  const missing: string[] = [];
  fillIn('${device.labels.toString} ${site.name}', { ...values, site: undefined }, (name) => missing.push(name));
  t.deepEqual(missing, ['device.labels.toString', 'site.name']);
});

test('what holds no placeholder is shared, not copied', (t) => {
  const value = { list: [{ a: 1 }, 'x'], text: '${device.name}', rest: { b: 2 } };
  const result = fillInDeep(value, values, t.fail);
  t.deepEqual(result, { ...value, text: 'bridge' });
  t.is(result.list, value.list);
  t.is(result.rest, value.rest);
});
