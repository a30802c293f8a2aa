import test from 'ava';
import { bodyBytesMax } from '../../../../controller/doors/http/router.ts';
import { device, json, nobody, stage, token } from './api-stage.ts';

test('a bundle is made for the token alone, of an order that says for whom, for how long and who asks', async (t) => {
  const { ask } = stage();
  const order = (value: object) => ask(nobody, 'POST', '/api/v1/bundles', { headers: token, ...json(value) });
  const terms = { days: 30, who: 'ada' };
  t.like(await order({ ...terms, site: 'aurora' }), { status: 200, body: { lease: 'aurora 30 ada' } });
  t.like(await order({ ...terms, device: 'anna' }), { status: 200, body: { lease: 'anna 30 ada' } });
  t.like(await order({ ...terms, site: 'berth' }), { status: 409, body: { code: 'NOTHING_OFFERED' } });
  t.like(await order({ ...terms, site: 'nowhere' }), { status: 404, body: { code: 'NOTHING_THERE' } });
  t.like(await order({ ...terms, site: 'away' }), { status: 503 });
  for (const wrong of [
    terms,
    { ...terms, site: 'a', device: 'b' },
    { site: 'a', who: 'ada', days: 91 },
    { site: 'a', days: 3 },
  ])
    t.is((await order(wrong)).status, 400);
  t.is((await ask(device, 'POST', '/api/v1/bundles', json({ ...terms, site: 'aurora' }))).status, 401);
});

test('a bundle is put on record for the token alone, once its file is written, and only one that was ordered here', async (t) => {
  const { ask } = stage();
  const note = (value: object) => ask(nobody, 'POST', '/api/v1/bundles/written', { headers: token, ...json(value) });
  t.like(await note({ lease: '0'.repeat(64) }), { status: 200, body: { recorded: true } });
  t.like(await note({ lease: '1'.repeat(64) }), { status: 409, body: { code: 'BUNDLE_NOT_ORDERED' } });
  for (const lease of ['0', undefined, 7]) t.is((await note({ lease })).status, 400);
  t.is((await ask(device, 'POST', '/api/v1/bundles/written', json({ lease: '0'.repeat(64) }))).status, 401);
});

test('a receipt is taken for the token alone, and refused in the words of who looked at it', async (t) => {
  const { ask } = stage();
  const receipt = { apiVersion: 'fleet/v1alpha1', kind: 'Receipt', publicKey: 'a', payload: 'b', signature: 'c' };
  const bring = (value: object) => ask(nobody, 'POST', '/api/v1/receipts', { headers: token, ...json(value) });
  t.like(await bring({ receipt, who: 'ada' }), { status: 200, body: { device: 'b', madeAt: 'ada' } });
  t.like(await bring({ receipt, who: 'mallory' }), { status: 409, body: { code: 'RECEIPT_FORGED' } });
  t.is((await bring({ receipt: { ...receipt, payload: 'x'.repeat(20_000) }, who: 'ada' })).status, 400);
  t.is((await ask(device, 'POST', '/api/v1/receipts', json({ receipt, who: 'ada' }))).status, 401);
});

test('messages that were carried are for the token alone, which alone may send so much', async (t) => {
  const { ask } = stage();
  const path = '/api/v1/receipts/messages';
  const signed = { publicKey: 'a', signature: 'c', device: 'anna', at: '2026-03-10T00:00:00Z' };
  const messages = { apiVersion: 'fleet/v1alpha1', kind: 'CarriedMessages', ...signed, batch: 'x'.repeat(440_000) };
  const bring = (value: object) => ask(nobody, 'POST', path, { headers: token, ...json(value) });
  t.like(await bring({ messages, who: 'ada' }), { status: 200, body: { device: 'anna', channel: 'ada', messages: 3 } });
  t.like(await bring({ messages, who: 'mallory' }), { status: 409, body: { code: 'RECEIPT_FORGED' } });
  t.is((await bring({ messages: { ...messages, batch: undefined }, who: 'ada' })).status, 400);
  t.is((await ask(device, 'POST', path, json({ messages, who: 'ada' }))).status, 413);
  t.is((await ask(device, 'POST', path, json({ messages: { ...messages, batch: 'x' }, who: 'ada' }))).status, 401);
  const elsewhere = { headers: token, body: new Uint8Array(bodyBytesMax + 1) };
  t.is((await ask(nobody, 'POST', '/api/v1/receipts', elsewhere)).status, 413);
});

test('a commit is accepted by whoever has the API token, by its id or the beginning of it, and by nobody else', async (t) => {
  const { ask } = stage();
  const url = '/api/v1/source/accept';
  t.is((await ask(nobody, 'POST', url, json({ revision: 'abcdef1' }))).status, 401);
  t.is((await ask(device, 'POST', url, json({ revision: 'abcdef1' }))).status, 401);
  for (const revision of ['abc', 'HEAD', '-abcdef1', 7, undefined])
    t.is((await ask(nobody, 'POST', url, { headers: token, ...json({ revision }) })).status, 400);
  const answer = await ask(nobody, 'POST', url, { headers: token, ...json({ revision: 'abcdef1' }) });
  t.like(answer, { status: 409, body: { code: 'NOT_HELD', message: 'not abcdef1' } });
});

test('what is done to a rollout is for the token, bounded, and refused with what stands in the way', async (t) => {
  const { ask, seen } = stage();
  const url = '/api/v1/rollouts/act';
  const act = { fleet: 'ships', act: 'abort', who: 'Ada', why: 'it is late' };
  const post = (value: unknown) => ask(nobody, 'POST', url, { headers: token, ...json(value) });
  t.is((await ask(device, 'POST', url, json(act))).status, 401);
  t.deepEqual(await post(act).then(({ status: code, body }) => [code, body]), [200, { done: true }]);
  t.is((await post({ ...act, act: 'approve', wave: 'canary', revert: false, why: '' })).status, 200);
  t.deepEqual(seen, ['ships abort Ada it is late  ', 'ships approve Ada  canary false']);
  t.like(await post({ ...act, act: 'resume' }), {
    status: 409,
    body: { code: 'ACT_REFUSED', message: 'it is running' },
  });
  t.like(await post({ ...act, fleet: 'trucks' }), { status: 404, body: { code: 'NO_ROLLOUT' } });
  const wrong: readonly (readonly [body: unknown, message: RegExp])[] = [
    [undefined, /^the body must be object$/],
    [{ ...act, who: '' }, /^who must NOT have fewer than 1 characters$/],
    [{ ...act, who: 'x'.repeat(101) }, /^who must NOT have more than 100 characters$/],
    [{ ...act, why: 'x'.repeat(401) }, /^why must NOT have more than 400 characters$/],
    [{ ...act, act: 'stop' }, /^act must be .*: pause, resume, approve, abort, retry, allow-whole$/],
    [{ ...act, fleet: '../x' }, /^fleet must match pattern/],
    [{ ...act, force: true }, /^the body must NOT have additional properties \(force\)$/],
    [
      { ...act, act: 'pause', revert: true },
      /^revert is said of abort, and pause takes none, so that nothing was done/,
    ],
    [{ ...act, wave: 'canary' }, /^wave is said of approve, and abort takes none/],
    [{ ...act, act: 'retry', device: 'crane-7' }, /^device is said of allow-whole, and retry takes none/],
  ];
  for (const [body, message] of wrong) {
    const answer = await post(body);
    t.like(answer, { status: 400, body: { code: 'BAD_REQUEST' } });
    t.regex(answer.body.message, message);
  }
});
