import test from 'ava';
import fc from 'fast-check';
import { auditPage } from '../../../controller/access/audit.ts';
import { GatheredRefusals, gatherMs } from '../../../controller/access/gathered-refusals.ts';
import { Draft } from '../../../controller/engine/draft.ts';
import { Image } from '../../../controller/engine/image.ts';
import { writeDown } from '../../../controller/engine/write-down.ts';
import { type AuditDeed, auditEntriesMax, chainFault, nextEntry, noAudit } from '../../../schemas/audit-chain.ts';
import type { AuditEntry } from '../../../schemas/generated/types.ts';
import { isAuditPage } from '../../../schemas/generated/validators/audit.js';

const deed = (more: Partial<AuditDeed> = {}): AuditDeed => ({
  ...{ who: 'ada', kind: 'token', from: '192.0.2.1', what: 'actOnRollout pause', outcome: 'done', ...more },
});

function chainOf(length: number): AuditEntry[] {
  let head = noAudit;
  return Array.from({ length }, (_, at) => {
    const entry = nextEntry(head, deed({ why: `reason ${at}`, about: 'fleet/ships' }), at * 1000);
    head = { ...head, last: entry.n, digest: entry.digest };
    return entry;
  });
}

function faultOf(entries: readonly AuditEntry[]): string | undefined {
  return entries.map((entry, at) => chainFault(entry, entries[at - 1])).find((fault) => fault !== undefined);
}

test('in a chain whatever is changed, taken out or put elsewhere shows', (t) => {
  const chain = chainOf(8);
  t.is(faultOf(chain), undefined);
  t.is(faultOf(chain.slice(3)), undefined, 'the oldest may be gone');
  t.true(isAuditPage({ first: 1, last: 8, entries: JSON.parse(JSON.stringify(chain)) }));
  t.regex(faultOf(chain.toSpliced(3, 1))!, /^entry 5 comes behind entry 3/);
  const members = ['n', 'at', 'who', 'kind', 'from', 'what', 'about', 'why', 'outcome', 'before', 'digest'] as const;
  fc.assert(
    fc.property(fc.nat({ max: 7 }), fc.constantFrom(...members), (at, member) => {
      const value = chain[at]![member];
      const other = typeof value === 'number' ? value + 1 : `${String(value).slice(0, -1)}!`;
      return faultOf(chain.with(at, { ...chain[at]!, [member]: other })) !== undefined;
    }),
  );
  const forged = nextEntry({ first: 1, last: 3, digest: chain[2]!.digest }, deed({ who: 'eve' }), 3000);
  t.regex(faultOf(chain.with(3, forged))!, /^entry 5 does not follow entry 4/, 'one with a right digest of its own');
});

test('the audit goes on in one write-set and over a start, is bounded, and says from where it is', async (t) => {
  const image = new Image({ read: async () => [] });
  image.apply({ kind: 'audit-head', head: { first: 1, last: auditEntriesMax - 1, digest: 'ab'.repeat(32) } });
  const draft = new Draft(image);
  for (const who of ['ada', 'bob', 'eve']) writeDown(draft, deed({ who }), 0);
  const rows = new Map<number, string>();
  const gone: number[] = [];
  for (const write of draft.writes) {
    image.apply(write);
    if (write.kind !== 'audit') continue;
    if (write.entry === undefined) gone.push(write.n);
    else rows.set(write.n, JSON.stringify(write.entry));
  }
  t.deepEqual(gone, [1, 2]);
  t.like(image.auditHead, { first: 3, last: auditEntriesMax + 2 });
  const read = async (numbers: readonly number[]) => numbers.flatMap((n) => rows.get(n) ?? []);
  const page = await auditPage(image.auditHead, auditEntriesMax - 1, 10, read);
  t.deepEqual(
    page.entries.map(({ who }) => who),
    ['ada', 'bob', 'eve'],
  );
  t.is(page.entries[0]!.before, 'ab'.repeat(32));
  t.is(faultOf(page.entries), undefined);
  rows.set(auditEntriesMax + 1, '{');
  const damaged = await auditPage(image.auditHead, auditEntriesMax - 1, 10, read);
  t.regex(faultOf(damaged.entries)!, /those between are missing/, 'what can not be read is a gap');
  t.deepEqual((await auditPage(image.auditHead, auditEntriesMax + 2, 10, read)).entries, []);
});

test('of a flood of refusals there is the first of each kind at once and a count later, of strangers a few in all', (t) => {
  const noted: AuditDeed[] = [];
  const timers: (() => void)[] = [];
  const refusals = new GatheredRefusals({
    after: (delayMs, tell) => t.is(delayMs, gatherMs) && timers.push(tell),
    note: (one) => noted.push(one),
  });
  const refused = deed({ outcome: 'refused', code: 'SCOPE_LACKING' });
  for (let n = 0; n < 1000; n += 1) {
    refusals.take(refused);
    refusals.take({ ...refused, who: 'nobody', kind: 'nobody', from: `10.0.${n % 250}.1`, code: 'UNAUTHORIZED' });
  }
  t.is(noted.length, 1 + 5);
  t.is(timers.length, 1);
  timers[0]!();
  t.deepEqual(
    noted.slice(6).map(({ who, count }) => [who, count]),
    [['ada', 999], ...Array.from({ length: 5 }, () => ['nobody', 3]), ['nobody', 980]],
  );
  refusals.take(refused);
  t.is(noted.length, 14, 'then the next is told at once');
  t.is(timers.length, 2);
});
