import test from 'ava';
import fc from 'fast-check';
import { customSections } from '../../../artifact/wasm/custom-sections.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import {
  compareVersions,
  isInRange,
  parseComponentRange,
} from '../../../controller/publishing/authoring/component-range.ts';
import { moduleSbom } from '../../../controller/publishing/authoring/module-sbom.ts';
import { readSbom } from '../../../controller/publishing/authoring/sbom.ts';
import { moduleOf } from './repository.ts';

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const read = (value: unknown) => readSbom(json(value), 'x.json');
const cyclone = (components: unknown) => ({ bomFormat: 'CycloneDX', specVersion: '1.6', components });

test('components are read out of CycloneDX, those of components too, and of SPDX', (t) => {
  const inner = { name: 'zlib', version: '1.2.11', purl: 'pkg:generic/zlib@1.2.11' };
  t.deepEqual(read(cyclone([{ group: 'org.acme', name: 'core', version: '2', components: [inner] }])), [
    { name: 'org.acme/core', version: '2' },
    inner,
  ]);
  const externalRefs = [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: inner.purl }];
  const packages = [{ name: 'zlib', versionInfo: '1.2.11', externalRefs }, { name: 'app' }];
  t.deepEqual(read({ spdxVersion: 'SPDX-2.3', packages }), [inner, { name: 'app' }]);
  t.deepEqual(read(cyclone(undefined)), []);
});

test('what is no SBOM, or too much of one, says which part of it', (t) => {
  let deep: object[] = [{ name: 'a' }];
  for (let level = 0; level < 20; level += 1) deep = [{ name: 'a', components: deep }];
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ bomFormat: 'CycloneDX', specVersion: '2.0' }, /it says "CycloneDX", version "2\.0"; wanted is/],
    [{ '@graph': [] }, /it says null/],
    [[], /it is no object/],
    [cyclone({}), /components is no list/],
    [cyclone([{ version: '1' }]), /components\[0\] has no name/],
    [cyclone([{ name: 5 }]), /the name of components\[0\] is no text/],
    [cyclone([{ name: 'a'.repeat(2000) }]), /at most 1024 characters/],
    [cyclone(deep), /nested more than 16 deep/],
    [cyclone(Array(50_001).fill({ name: 'a' })), /more than 50000 components/],
    [{ spdxVersion: 'SPDX-2.3', packages: [{ name: 'a', externalRefs: 1 }] }, /packages\[0\]\.externalRefs is no list/],
  ];
  for (const [value, message] of cases) t.throws(() => read(value), { message });
  t.throws(() => readSbom(new Uint8Array(17 * 2 ** 20), 'x.json'), { message: /more than 16777216 bytes/ });
  t.throws(() => readSbom(Uint8Array.of(0xff), 'x.json'), { message: /no JSON/ });
});

/** The module with one more custom section. */
function withSection(name: string, contents: Uint8Array): Uint8Array {
  const payload = new ByteWriter();
  payload.name(name);
  payload.raw(contents);
  const writer = new ByteWriter();
  writer.raw(moduleOf(1));
  writer.section(0, payload.contents());
  return writer.contents();
}

const producers = new ByteWriter();
producers.u32(1);
producers.name('processed-by');
producers.u32(2);
for (const word of ['clang', '14.0.6', 'odd', '']) producers.name(word);

test('a module says what it is made of in its section sbom, else by the tools that made it, and never so that it throws', (t) => {
  const name = { name: 'pump', version: '1.0.0' };
  const bill = json(cyclone([{ name: 'zlib' }]));
  t.like(moduleSbom(withSection('sbom', bill), name), { section: 'sbom', bytes: bill });
  const made = moduleSbom(withSection('producers', producers.contents()), name);
  t.is(made?.section, 'producers');
  t.deepEqual(readSbom(made!.bytes, 'producers'), [{ name: 'clang', version: '14.0.6' }, { name: 'odd' }]);
  t.is(moduleSbom(moduleOf(1), name), undefined);
  t.is(customSections(readBinary(moduleOf(1), wasmLimits)).length, 1);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const found = moduleSbom(withSection('producers', bytes), name);
      if (found !== undefined) t.true(readSbom(found.bytes, 'producers').length > 0);
    }),
    { numRuns: 200 },
  );
});

test('versions are ordered as semantic versioning has it, whatever they are made of', (t) => {
  const rising = [
    '0.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-rc.2',
    '1.0.0-rc.11',
    '1',
    '1.2.9',
    '1.2.10',
  ];
  for (const [at, one] of rising.entries())
    for (const [place, other] of rising.entries()) t.is(Math.sign(compareVersions(one, other)), Math.sign(at - place));
  t.is(compareVersions('v1.0', '1.0.0+build'), 0);
  const version = fc.stringMatching(/^\d[A-Za-z0-9.+-]{0,12}$/);
  fc.assert(
    fc.property(version, version, (one, other) =>
      t.is(compareVersions(one, other), 0 - compareVersions(other, one) || 0),
    ),
  );
});

test('a component is asked for by name or package URL and by bounds, and one without a version may be any', (t) => {
  const zlib = { name: 'zlib', version: '1.2.11', purl: 'pkg:generic/zlib@1.2.11?arch=wasm' };
  const has = (text: string, component: { name: string; version?: string } = zlib) =>
    isInRange(component, parseComponentRange(text));
  for (const yes of ['zlib', 'zlib@1.2.11', 'zlib@<1.2.12', 'zlib@>=1.2 <2', 'pkg:generic/zlib', 'zlib@=1.2.11.0'])
    t.true(has(yes), yes);
  for (const no of ['zli', 'zlib@1.2', 'zlib@<1.2.11', 'zlib@>1 <1.2', 'pkg:generic/zlib2']) t.false(has(no), no);
  t.true(has('zlib@<1', { name: 'zlib' }));
  t.true(has('@acme/zlib@1', { name: '@acme/zlib', version: '1.0' }));
  for (const bad of ['', 'zlib@', 'zlib@^1', 'zlib@latest', 'zlib@1 || 2'])
    t.throws(() => parseComponentRange(bad), { message: /names no component: write NAME/ }, bad);
});
