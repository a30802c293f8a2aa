/** Modules made up by chance, and what a next version may have done to them. */
import fc from 'fast-check';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { unsigned } from '../wasm/sample-modules.ts';

/** Instructions of a function body, each as its bytes. */
type Body = readonly (readonly number[])[];

/** A module as its parts: bodies in order, constants in the data, and bytes behind it all. */
export interface ModuleParts {
  readonly bodies: readonly Body[];
  readonly data: Uint8Array;
  readonly custom: Uint8Array;
}

/** One change from a version to the next. */
interface Change {
  readonly kind: 'remove' | 'insert' | 'swap' | 'edit' | 'data' | 'custom';
  readonly place: number;
  readonly body: Body;
  readonly bytes: Uint8Array;
}

const number = fc.oneof(fc.nat(63), fc.nat(70_000), fc.nat(2 ** 31 - 1));

/** Numbers in more bytes than they need, as linkers leave them. */
const padded = (value: number): number[] => [
  (value & 127) | 128,
  ((value >>> 7) & 127) | 128,
  ((value >>> 14) & 127) | 128,
  ((value >>> 21) & 127) | 128,
  (value >>> 28) & 15,
];

const instruction: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc
    .tuple(fc.constantFrom(0x10, 0x23, 0x20, 0x21, 0x41, 0x0c), number)
    .map(([code, value]) => [code, ...unsigned(value)]),
  fc.nat(2 ** 31 - 1).map((value) => [0x10, ...padded(value)]),
  fc.tuple(fc.constantFrom(0x28, 0x36), number).map(([code, value]) => [code, 2, ...unsigned(value)]),
  fc.constantFrom([0x6a], [0x1a], [0x92], [0xfd, 0x0f], [0xfc, 0x0a, 0, 0]),
  fc.array(fc.nat(40), { maxLength: 5 }).map((labels) => [0x0e, ...unsigned(labels.length), ...labels, 0]),
);

const body: fc.Arbitrary<Body> = fc.array(instruction, { maxLength: 25 });
const blob = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(fc.nat(maxLength), fc.nat(255), fc.integer({ min: 1, max: 9 }))
      .map(([length, start, step]) => Uint8Array.from({ length }, (_, at) => start + (at >> 2) * step)),
  );

const parts: fc.Arbitrary<ModuleParts> = fc.record({
  bodies: fc.array(body, { minLength: 1, maxLength: 12 }),
  data: blob(3000),
  custom: blob(2000),
});

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('remove', 'insert', 'swap', 'edit', 'data', 'custom'),
  place: fc.double({ min: 0, max: 0.999, noNaN: true }),
  body,
  bytes: blob(500),
});

function changed(old: ModuleParts, { kind, place, body: fresh, bytes }: Change): ModuleParts {
  const bodies = [...old.bodies];
  const at = Math.floor(place * bodies.length);
  const spliced = (whole: Uint8Array): Uint8Array => {
    const cut = Math.floor(place * whole.length);
    return Uint8Array.from([...whole.subarray(0, cut), ...bytes, ...whole.subarray(cut)]);
  };
  switch (kind) {
    case 'data':
      return { ...old, data: spliced(old.data) };
    case 'custom':
      return { ...old, custom: spliced(old.custom) };
    case 'remove':
      bodies.splice(at, 1);
      return { ...old, bodies };
    case 'insert':
      bodies.splice(at, 0, fresh);
      return { ...old, bodies };
    case 'swap':
      return { ...old, bodies: [...bodies.slice(at), ...bodies.slice(0, at)] };
    case 'edit': {
      const edited = [...(bodies[at] ?? [])];
      edited.splice(Math.floor(place * edited.length), 1, ...fresh.slice(0, 3));
      bodies[at] = edited;
      return { ...old, bodies };
    }
    default:
      return kind satisfies never;
  }
}

const vector = (entries: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([...unsigned(entries.length), ...entries.flat()]);

/** A module of such parts; well-formed as far as the binary format goes, and rarely valid beyond. */
export function moduleOf({ bodies, data, custom }: ModuleParts): Uint8Array {
  const code = bodies.map((instructions) => {
    const bytes = [1, 2, 0x7f, ...instructions.flat(), 0x0b];
    return [...unsigned(bytes.length), ...bytes];
  });
  return writeBinary('module', [
    { id: 1, payload: vector([[0x60, 1, 0x7f, 1, 0x7f]]) },
    { id: 3, payload: vector(bodies.map(() => [0])) },
    { id: 5, payload: vector([[0, 1]]) },
    { id: 6, payload: vector([[0x7f, 1, 0x41, 0x80, 0x08, 0x0b]]) },
    { id: 10, payload: vector(code) },
    { id: 11, payload: vector([[0, 0x41, 0x80, 0x08, 0x0b, ...unsigned(data.length), ...data]]) },
    { id: 0, payload: Uint8Array.from([1, 0x78, ...custom]) },
  ]);
}

/** Two versions of a module. */
export const moduleVersions: fc.Arbitrary<readonly [Uint8Array, Uint8Array]> = fc
  .tuple(parts, fc.array(change, { minLength: 1, maxLength: 6 }))
  .map(([old, changes]) => [moduleOf(old), moduleOf(changes.reduce(changed, old))]);

/** Some bytes of a file overwritten, left out, or put in. */
export interface Damage {
  readonly place: number;
  readonly byte: number;
  readonly kind: 'overwrite' | 'insert' | 'remove' | 'cut';
}

/** Damage as disks, links and enemies do it. */
export const damage: fc.Arbitrary<Damage> = fc.record({
  place: fc.double({ min: 0, max: 0.9999, noNaN: true }),
  byte: fc.integer({ min: 0, max: 255 }),
  kind: fc.constantFrom('overwrite', 'overwrite', 'overwrite', 'insert', 'remove', 'cut'),
});

/** A file with damages done to it, one after the other. */
export function damaged(file: Uint8Array, damages: readonly Damage[]): Uint8Array {
  return damages.reduce((bytes, { place, byte, kind }) => {
    const at = Math.floor(place * bytes.length);
    if (kind === 'cut') return bytes.slice(0, at);
    const middle = kind === 'remove' ? [] : [byte];
    return Uint8Array.from(
      Buffer.concat([bytes.subarray(0, at), Uint8Array.from(middle), bytes.subarray(at + (kind === 'insert' ? 0 : 1))]),
    );
  }, file);
}
