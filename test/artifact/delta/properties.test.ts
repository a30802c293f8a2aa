import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { applyDelta } from '../../../artifact/delta/apply.ts';
import { encodeDifference } from '../../../artifact/delta/difference/code.ts';
import { encodeDelta } from '../../../artifact/delta/encode.ts';
import { type DeltaMethod, sha256, writeHeader } from '../../../artifact/delta/format.ts';
import { deltaLimits } from '../../../artifact/delta/limits.ts';
import { encodeModule } from '../../../artifact/delta/module/encode.ts';
import { damage, damaged, moduleVersions } from './arbitrary-modules.ts';

const apps = join(import.meta.dirname, '../../../fleet-examples/harbor/apps');
const moduleOf = (app: string, version: string): Uint8Array =>
  readFileSync(join(apps, `${app}/${app}-${version}.wasm`));

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Whether this way leads to the new file; `encodeDelta` would quietly take another one where it does not. */
function leadsTo(old: Uint8Array, fresh: Uint8Array, method: DeltaMethod, payload: Uint8Array): boolean {
  const header = writeHeader(method, fresh.length, sha256(old), sha256(fresh));
  return equal(applyDelta(old, Buffer.concat([header, payload]), deltaLimits, sha256(fresh)), fresh);
}

function everyWayLeads(old: Uint8Array, fresh: Uint8Array): boolean {
  const effort = 'balanced';
  const payloads = [false, true].flatMap((light) => encodeModule(old, fresh, { effort, quality: 5, light }));
  const difference = encodeDifference(old, fresh);
  return (
    payloads.every(({ method, payload }) => leadsTo(old, fresh, method, payload)) &&
    (difference === undefined || leadsTo(old, fresh, 'difference', difference))
  );
}

test('made-up modules: whatever changed, every way leads from the old one to the new one', (t) => {
  let rewritten = 0;
  fc.assert(
    fc.property(moduleVersions, ([old, fresh]) => {
      rewritten += encodeModule(old, fresh, { effort: 'fast', quality: 5, light: true }).length;
      return everyWayLeads(old, fresh);
    }),
    { numRuns: 40 },
  );
  t.true(rewritten > 20, 'the run must have seen modules that can be rewritten');
});

test('real modules with damage: every way leads from either to the other', (t) => {
  const [old, fresh] = [moduleOf('position-beacon', '1.0.0'), moduleOf('position-beacon', '1.1.0')];
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), fc.boolean(), (damages, inOld) =>
      inOld ? everyWayLeads(damaged(old, damages), fresh) : everyWayLeads(old, damaged(fresh, damages)),
    ),
    { numRuns: 12 },
  );
  t.pass();
});

test('much behind the code, of any size: encoder and decoder stay in step', (t) => {
  const [old, fresh] = [moduleOf('tide-logger', '1.0.0'), moduleOf('tide-logger', '1.1.0')];
  // Between the end of the code and that of the file lies a power of two, of which tables of both sides take their size.
  for (const behind of [10_000, 15_000, 20_000, 100_000]) {
    const tail = [
      0,
      ...[behind + 2, (behind + 2) >>> 7, (behind + 2) >>> 14].map((part, at) => (part & 127) | (at < 2 ? 128 : 0)),
    ];
    const longer = (module: Uint8Array): Uint8Array =>
      Buffer.concat([module, Uint8Array.from([...tail, 1, 0x78]), Buffer.alloc(behind, 'tail')]);
    t.true(everyWayLeads(longer(old), longer(fresh)), `${behind} bytes behind`);
  }
});

test('any bytes at all, related or not: the patch leads from the one to the other, at any effort', (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.string({ maxLength: 400 }).map((text) => Buffer.from(text)),
  );
  const efforts = fc.constantFrom('fast' as const, 'balanced' as const, 'smallest' as const);
  fc.assert(
    fc.property(
      bytes,
      fc.array(damage, { maxLength: 5 }),
      bytes,
      fc.boolean(),
      efforts,
      (old, damages, other, related, effort) => {
        const fresh = related ? damaged(old, damages) : other;
        return equal(applyDelta(old, encodeDelta(old, fresh, { effort }), deltaLimits, sha256(fresh)), fresh);
      },
    ),
    { numRuns: 80 },
  );
  t.pass();
});
