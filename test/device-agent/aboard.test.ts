import test from 'ava';
import fc from 'fast-check';
import { type AboardWorld, answerAboard } from '../../device-agent/aboard/answer.ts';
import { bundlePace, messagesPace, receiptPace } from '../../device-agent/aboard/carried-pace.ts';
import { consentPace } from '../../device-agent/aboard/consent-pace.ts';
import { logPace } from '../../device-agent/aboard/log-pace.ts';
import { Allowance } from '../../platform/allowance.ts';
import type { Consent, Report } from '../../schemas/generated/types.ts';
import { isReport } from '../../schemas/generated/validators/report.js';

const nowMs = Date.parse('2026-03-01T00:00:00Z');
const at = new Date(nowMs - 60_000).toISOString();
const report: Report = {
  ...{ counter: 1, at, agentVersion: '1', phase: 'waiting', since: at, highestSequence: 2, applications: [] },
  target: { sequence: 2, revision: 'c'.repeat(40) },
};

function pacesAt(monotonic: () => number) {
  const [bundles, receipts, messages, logs] = [bundlePace, receiptPace, messagesPace, logPace].map(
    (terms) => new Allowance({ monotonic }, terms),
  );
  return { bundlePace: bundles!, receiptPace: receipts!, messagesPace: messages!, logPace: logs! };
}

/** An agent that keeps what is said to it, as long as its disk takes it. */
function agent(kept: Consent[], takes = true): AboardWorld {
  const slot = { sequence: 2, revision: '', envelope: '', probationSeconds: 1, consent: 'required' as const };
  return {
    ...{ device: 'anna', report: () => report, target: () => slot, nowMs: () => nowMs },
    keep: (consent) => {
      kept.push(consent);
      return takes;
    },
    ...{
      takeBundle: () => true,
      bundle: () => ({ kind: 'none' }),
      carriedReport: () => report,
      signReceipt: () => undefined,
      carriedMessages: () => undefined,
      signMessages: () => undefined,
      writeLog: () => {},
    },
    pace: new Allowance({ monotonic: () => 0 }, consentPace),
    ...pacesAt(() => 0),
    wake: () => 9_001,
  };
}

const odd = fc.oneof(
  fc.jsonValue(),
  fc.string(),
  fc.constantFrom('2026-03-02T00:00:00+25:99', '2026-13-01T00:00:00Z', '', 0, 2.5),
);
/** Most often right. */
const mostly = (...right: readonly unknown[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: odd });
const question = fc.record(
  {
    ask: mostly(...Array(4).fill('consent'), 'status', 'apply', 'bundle', 'receipt', 'messages', 'write-log'),
    deployment: mostly(2),
    answer: mostly('granted', 'denied'),
    application: mostly('pump'),
    file: mostly('/media/usb/aurora.bundle'),
    by: mostly('mate', 'bridge display'),
    reason: mostly('moored', undefined),
    until: mostly('2026-03-02T00:00:00Z', '2026-03-02T00:00:00.5+02:00', undefined),
  },
  { requiredKeys: ['ask'] },
);
const lines = fc.oneof(
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.json() },
  { weight: 6, arbitrary: question.map((one) => JSON.stringify(one)) },
);

test('whatever line is asked is answered by one line, and only what fits a report is kept', (t) => {
  let taken = 0;
  fc.assert(
    fc.property(lines, (line) => {
      const kept: Consent[] = [];
      const answer = answerAboard(line, agent(kept));
      t.false(answer.includes('\n'));
      t.true(['status', 'kept', 'bundle', 'messages', 'writing-log', 'refused'].includes(JSON.parse(answer).kind));
      for (const consent of kept) t.true(isReport({ ...report, consent }));
      taken += kept.length;
    }),
    { numRuns: 2_000 },
  );
  t.true(taken > 100, 'many of them are right');
});

test('what the disk does not take is not said to be written down', (t) => {
  const line = JSON.stringify({ ask: 'consent', deployment: 2, answer: 'granted', by: 'mate' });
  t.is(JSON.parse(answerAboard(line, agent([]))).kind, 'kept');
  t.like(JSON.parse(answerAboard(line, agent([], false))), { kind: 'refused', code: 'NOT_WRITTEN' });
});

test('a program that says yes and no without end has some hundreds of them kept in a day, and a no always stands against a yes', (t) => {
  let ms = 0;
  const kept: Consent[] = [];
  const world: AboardWorld = {
    ...agent([]),
    ...{ nowMs: () => nowMs + ms, pace: new Allowance({ monotonic: () => ms }, consentPace) },
    report: () => ({ ...report, ...(kept.length === 0 ? {} : { consent: kept.at(-1)! }) }),
    keep: (consent) => kept.push(consent) > 0,
  };
  const say = (answer: Consent['answer']) =>
    JSON.parse(answerAboard(JSON.stringify({ ask: 'consent', deployment: 2, answer, by: 'liar' }), world));
  const codes = new Set<string>();
  for (; ms < 86_400_000; ms += 1_500) {
    codes.add(say('granted').code);
    ms += 1_500;
    if (kept.at(-1)?.answer === 'granted') t.is(say('denied').kind, 'kept');
  }
  t.true(codes.has('TOO_OFTEN'));
  t.true(kept.length <= 2 * (12 + 288), `${kept.length} were kept`);
  t.true(kept.length >= 288, `${kept.length} were kept`);
});

test('a program that asks for receipts without end uses up no numbers of reports, one that brings bundles no processes, and one that reads logs no flash', (t) => {
  let ms = 0;
  const done = { receipt: 0, apply: 0, log: 0 };
  const world: AboardWorld = {
    ...agent([]),
    ...pacesAt(() => ms),
    carriedReport: () => ({ ...report, counter: ++done.receipt }),
    takeBundle: () => ++done.apply > 0,
    writeLog: () => void ++done.log,
  };
  const ask = (question: object) => JSON.parse(answerAboard(JSON.stringify(question), world)).code;
  const codes = new Set<string>();
  for (; ms < 3_600_000; ms += 100) {
    codes.add(`receipt ${ask({ ask: 'receipt' })}`).add(`apply ${ask({ ask: 'apply', file: '/mnt/junk' })}`);
    codes.add(`log ${ask({ ask: 'write-log', application: 'pump' })}`);
  }
  t.true(codes.isSupersetOf(new Set(['receipt TOO_OFTEN', 'apply TOO_OFTEN', 'log TOO_OFTEN'])));
  t.true(done.receipt <= 12 + 60 && done.apply <= 30 + 720 && done.log <= 30 + 12, JSON.stringify(done));
});

test('who wakes the agent is told when it asks', (t) => {
  t.deepEqual(JSON.parse(answerAboard('{"ask":"wake"}', agent([]))), { kind: 'woken', inSeconds: 10 });
});
