import test from 'ava';
import fc from 'fast-check';
import { cronTimes } from '../../device-agent/cron-times.ts';
import { clockDoubt } from '../../device-agent/interlocks/clock-doubt.ts';
import { ClosedLink } from '../../device-agent/interlocks/closed-link.ts';
import { conditionGate } from '../../device-agent/interlocks/condition-gate.ts';
import { consentGate } from '../../device-agent/interlocks/consent-gate.ts';
import { ConsentTerm } from '../../device-agent/interlocks/consent-term.ts';
import { openingOf } from '../../device-agent/interlocks/opening.ts';
import { waitsForWindow } from '../../device-agent/interlocks/window-words.ts';
import type { DeployedLink, Window } from '../../schemas/generated/types.ts';

const hourMs = 3_600_000;

function timed(cron: string, seconds: number, timeZone = 'UTC') {
  const window: Window = { cron, seconds, timeZone };
  return { window, next: cronTimes(cron, timeZone) };
}

test('a window is open from its first millisecond to before its end', (t) => {
  const night = [timed('0 2 * * *', 3600)];
  const at = (time: string) => openingOf(night, Date.parse(time));
  const opensAtMs = Date.parse('2026-03-01T02:00:00Z');
  t.like(at('2026-03-01T01:59:59.999Z'), { kind: 'closed', opensAtMs });
  t.deepEqual(at('2026-03-01T02:00:00.000Z'), { kind: 'open', untilMs: opensAtMs + hourMs });
  t.deepEqual(at('2026-03-01T02:59:59.999Z'), { kind: 'open', untilMs: opensAtMs + hourMs });
  t.like(at('2026-03-01T03:00:00.000Z'), { kind: 'closed', opensAtMs: opensAtMs + 24 * hourMs });
});

test('at any moment windows are open exactly when one of them opened no longer ago than it lasts', (t) => {
  const start = Date.parse('2026-03-01T00:00:00Z');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 1, max: 40 })), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.integer({ min: 2 * 24 * hourMs, max: 9 * 24 * hourMs }),
      (windows, afterMs) => {
        const nowMs = start + afterMs;
        const opening = openingOf(
          windows.map(([hour, hours]) => timed(`0 ${hour} * * *`, hours * 3600)),
          nowMs,
        );
        const isOpen = (ms: number): boolean =>
          windows.some(([hour, hours]) =>
            [0, 1, 2].some((days) => {
              const opened = Math.floor(ms / (24 * hourMs)) * 24 * hourMs + hour * hourMs - days * 24 * hourMs;
              return opened <= ms && ms < opened + hours * hourMs;
            }),
          );
        if (opening.kind === 'open') return isOpen(nowMs) && isOpen(opening.untilMs - 1);
        return (
          opening.kind === 'closed' && !isOpen(nowMs) && isOpen(opening.opensAtMs) && !isOpen(opening.opensAtMs - 1)
        );
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});

test('a window whose time the spring change leaves out opens when that hour is over, and one that autumn repeats opens once', (t) => {
  const night = [timed('30 2 * * *', 600, 'Europe/Oslo')];
  const opens = (after: string) => {
    const opening = openingOf(night, Date.parse(after));
    return opening.kind === 'closed' ? new Date(opening.opensAtMs).toISOString() : opening.kind;
  };
  t.is(opens('2026-03-28T12:00:00Z'), '2026-03-29T01:00:00.000Z');
  t.is(opens('2026-10-24T12:00:00Z'), '2026-10-25T00:30:00.000Z');
  t.is(opens('2026-10-25T00:45:00Z'), '2026-10-26T01:30:00.000Z');
});

test('what is waited for is told in the time of its zone', (t) => {
  const { message, opensAt } = waitsForWindow('activate', {
    ...{ kind: 'closed', opensAtMs: Date.parse('2026-07-01T00:00:00Z') },
    window: { cron: '0 2 * * *', seconds: 4 * 3600, timeZone: 'Europe/Oslo' },
  });
  t.is(
    message,
    'waits for a window to activate: "0 2 * * *" for 4h opens next at 2026-07-01 02:00 GMT+2 in Europe/Oslo',
  );
  t.is(opensAt, '2026-07-01T00:00:00.000Z');
  t.is(waitsForWindow('fetch', { kind: 'never' }).message, 'no window to fetch opens any more');
});

test('a yes opens the gate of the deployment that it was said to, from its moment to before its end', (t) => {
  const startMs = Date.parse('2026-03-01T00:00:00Z');
  const said = { sequence: 2, answer: 'granted', by: 'mate', at: '2026-03-01T00:00:00Z' } as const;
  const look = (nowMs: number, sequence = 2) => {
    const consent = () => ({ ...said, until: '2026-03-01T01:00:00Z' });
    const times = { clockMs: () => nowMs, nowMs: () => nowMs };
    const term = new ConsentTerm({
      ...{ clock: { monotonic: times.nowMs }, nowMs: times.nowMs, isOver: () => false, onOver: () => {} },
    });
    return consentGate('activate', sequence, { ...times, consent, leftMs: (one) => term.leftMs(one) }).look();
  };
  t.deepEqual(look(startMs), { kind: 'open', forMs: hourMs });
  t.deepEqual(look(startMs + hourMs - 1), { kind: 'open', forMs: 1 });
  t.like(look(startMs + hourMs), { kind: 'closed', waiting: { code: 'CONSENT_NEEDED' } });
  t.like(look(startMs, 3), { kind: 'closed', waiting: { code: 'CONSENT_NEEDED' } });
});

test('what waits for a wrong clock to be set waits for one thing all day, however its minutes go on', (t) => {
  const signedMs = Date.parse('2026-03-01T00:00:00Z');
  const midnightMs = Date.parse('1970-01-01T00:00:00Z');
  const said = { sequence: 2, answer: 'granted', by: 'mate', at: '2026-03-01T00:00:00.000Z' } as const;
  const consent = { ...said, until: '2026-03-02T00:00:00.000Z' };
  const seen = new Set<string>();
  for (const minute of [0, 1, 59, 1439]) {
    const clockMs = () => midnightMs + minute * 60_000;
    seen.add(JSON.stringify(clockDoubt('activate', 'windows stay closed', { clockMs, nowMs: () => signedMs })));
    const world = { clockMs, nowMs: clockMs, consent: () => consent, leftMs: () => undefined };
    seen.add(JSON.stringify(consentGate('activate', 2, world).look()));
  }
  t.is(seen.size, 2, 'each of the two is told once');
});

test('whatever time the file of a fact has, what is told of it fits into a report', async (t) => {
  const nowMs = Date.parse('2026-03-01T00:00:00Z');
  const told = async (writtenMs: number) => {
    const senses = {
      ...{ clockMs: () => nowMs, latestMs: () => nowMs, monotonicMs: () => nowMs },
      ...{ factPath: (name: string) => name, factFile: () => ({ text: '0', writtenMs }) },
      ...{ published: () => undefined, isConnected: () => true, interface: () => 'eth0', power: () => ({}) },
    };
    const when = { facts: { speed: { type: 'number', maxAgeSeconds: 60 } } } as const;
    const look = (await conditionGate('activate', 'facts.speed == 0.0', when, senses)).look();
    return look.kind === 'closed' ? [look.waiting.code, look.waiting.seen] : look.kind;
  };
  t.deepEqual(await told(nowMs - 3_600_000), [
    'FACT_STALE',
    [{ name: 'facts.speed', value: 0, at: '2026-02-28T23:00:00.000Z' }],
  ]);
  for (const writtenMs of [-1e15, -1, Date.UTC(20_000, 0), 1e17]) {
    t.deepEqual(await told(writtenMs), ['FACT_STALE', [{ name: 'facts.speed', value: 0 }]], `${writtenMs}`);
  }
});

test('whether a link may carry modules is told by its budget, by what it carries and by its hours, of the link that leads out now', async (t) => {
  let nowMs = Date.parse('2026-03-01T01:00:00Z');
  const night: DeployedLink = { name: 'vsat', fetch: [{ cron: '0 2 * * *', seconds: 3600, timeZone: 'UTC' }] };
  const spent = { name: 'lte', budget: { bytes: 50_000_000, per: 'month' as const }, left: 0, renewsAt: 'April' };
  const control: DeployedLink = { name: 'slow', carries: ['control'] };
  let wayOut: DeployedLink | undefined = night;
  let links: readonly DeployedLink[] | undefined = [night];
  const link = new ClosedLink({
    ...{ wayOut: () => wayOut, links: () => links },
    times: { clockMs: () => nowMs, nowMs: () => nowMs },
  });
  const why = async (): Promise<string | undefined> => {
    link.why();
    // Hours are read aside.
    await new Promise((resolve) => setImmediate(resolve));
    return link.why();
  };
  while ((await why()) === undefined) t.pass();
  t.regex((await why())!, /^on link vsat it .*2026-03-01 02:00/);
  nowMs += hourMs;
  t.is(await why(), undefined);
  wayOut = spent;
  t.regex((await why())!, /^link lte has used its 50 MB a month/);
  wayOut = control;
  t.is(await why(), 'link slow carries no modules');
  wayOut = undefined;
  t.is(await why(), undefined);
  [wayOut, links] = [night, undefined];
  nowMs += 2 * hourMs;
  t.is(await why(), undefined);
});
