import test from 'ava';
import { type Caller, installation } from '../../../../controller/access/caller.ts';
import {
  askAnswer,
  type RequestParts,
  requestAnswer,
  withdrawAnswer,
} from '../../../../controller/doors/http/request-routes.ts';
import type { AskedByCaller } from '../../../../controller/doors/http/route.ts';

const logs = { ask: 'logs', application: 'pump' };
const trucks: Caller = { name: 'trucker', kind: 'token', scope: 'operate', fleets: ['trucks'] };

function scene() {
  const done: unknown[] = [];
  const status = { id: 'ab'.repeat(8), ask: 'logs', state: 'open', by: 'x', at: '', expiresAt: '' } as const;
  const parts: RequestParts = {
    placeOf: (device) => (device === 'buoy' ? { fleet: 'buoys' } : undefined),
    requestOf: async () => ({ request: status }),
    askDevice: async (...asked) => void done.push(asked),
    withdrawRequest: async () => ({ code: 'NO_REQUEST', message: 'nothing waits' }),
  };
  const asked = (caller: Caller, body?: object, name = 'buoy') =>
    ({
      caller,
      params: { name, id: 'ab'.repeat(8) },
      request: { method: 'POST', url: '', headers: {}, body: Buffer.from(JSON.stringify(body ?? {})) },
    }) as unknown as AskedByCaller;
  return { parts, asked, done };
}

test('a device of another fleet is asked by nobody who is limited, nor looked at, as if it were not there', async (t) => {
  const { parts, asked, done } = scene();
  const statuses = [askAnswer, requestAnswer, withdrawAnswer].map((answer) => answer(parts, asked(trucks, logs)));
  t.deepEqual(
    (await Promise.all(statuses)).map(({ status }) => status),
    [404, 404, 404],
  );
  t.is((await askAnswer(parts, asked(installation, logs, 'nobody'))).status, 404);
  t.deepEqual(done, []);
});

test('who asks is the name of a token, and what they say themselves only with that of the installation', async (t) => {
  const { parts, asked, done } = scene();
  const buoys: Caller = { ...trucks, fleets: ['buoys'] };
  for (const caller of [installation, buoys]) {
    t.is((await askAnswer(parts, asked(caller, { ...logs, who: 'ada' }))).status, 202);
  }
  t.deepEqual(done, [
    ['buoy', logs, 'ada'],
    ['buoy', logs, 'trucker'],
  ]);
  t.is((await withdrawAnswer(parts, asked(buoys))).status, 404);
});

test('an order that says too little or what means nothing is refused, and nothing is asked', async (t) => {
  const { parts, asked, done } = scene();
  const wrong = [
    { ask: 'shell' },
    { ask: 'logs' },
    { ask: 'diagnosis', application: 'pump' },
    { ...logs, sinceSeconds: 0 },
  ];
  for (const order of wrong) t.is((await askAnswer(parts, asked(installation, order))).status, 400);
  t.deepEqual(done, []);
});
