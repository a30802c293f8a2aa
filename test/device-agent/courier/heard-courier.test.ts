import test from 'ava';
import type { Brought, Courier, Failure } from '../../../device-agent/courier/courier.ts';
import { heardCourier } from '../../../device-agent/courier/heard-courier.ts';
import { nothingFetched } from '../../../device-agent/download/fetch-memory.ts';

const failure = (isLink: boolean, code = 'X'): Failure => ({ kind: 'failed', problem: { code, message: 'x' }, isLink });

/** What is told of an errand that comes to this. */
async function heard(result: Brought['result'], signal = new AbortController().signal): Promise<string[]> {
  const told: string[] = [];
  const courier: Courier = {
    judge: async () => (result.kind === 'failed' ? result : { kind: 'refused', problem: { code: 'X', message: 'x' } }),
    judgeBundle: async () => ({ kind: 'refused', problem: { code: 'X', message: 'x' } }),
    answer: async () => ({ kind: 'answered', id: '00' }),
    bring: async () => ({ memory: nothingFetched, result }),
  };
  const outer = heardCourier(courier, (how) => told.push(how));
  await outer.judge({ sequence: 1 }, signal);
  await outer.judgeBundle('/mnt/bundle', signal);
  await outer.bring({ bundle: '/mnt/bundle' } as Parameters<Courier['bring']>[0], () => {}, signal);
  await outer.bring({} as Parameters<Courier['bring']>[0], () => {}, signal);
  return told;
}

test('an errand tells whether the shore answered, and nothing where that is not known', async (t) => {
  t.deepEqual(await heard({ kind: 'brought', downloads: [] }), ['answered', 'answered']);
  t.deepEqual(await heard(failure(true)), ['unanswered', 'unanswered']);
  t.deepEqual(await heard(failure(false)), []);
  t.deepEqual(await heard(failure(false, 'CERTIFICATE_REFUSED')), ['not-let-in', 'not-let-in']);
  t.deepEqual(await heard(failure(true), AbortSignal.abort()), []);
});
