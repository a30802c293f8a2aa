/** Clocks that are wrong on either end, at real doors: what a device is told, and that it comes back by its key. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openAuthority } from '../../controller/authority/authority.ts';
import { proveRequest } from '../../controller/authority/certificate-request.ts';
import { Challenges } from '../../controller/authority/challenges.ts';
import { type RenewalRequest, renew } from '../../controller/authority/renewal.ts';
import { askNews } from '../../device-agent/courier/ask-news.ts';
import { judgeTime } from '../../device-agent/courier/judge-time.ts';
import { DeviceIdentityStore } from '../../device-agent/enrol-identity.ts';
import { certificateRequest } from '../../device-agent/enrol-request.ts';
import { OwnTime } from '../../device-agent/own-time.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { openNetwork } from '../../platform/node/network.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { type Network, NetworkError } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { signProof } from '../../schemas/key-proof.ts';
import { deviceRequest, Scene } from '../controller/doors/scene.ts';
import { keyOf } from './shore.ts';
import { openShore } from './transport/shore.ts';

const dayMs = 86_400_000;

const chance = () => ({ random: nodeRandom, monotonic: () => nodeClock.monotonic() });
const failureCode = (error: unknown) => (error instanceof NetworkError ? error.code : String(error));

type Shore = Awaited<ReturnType<typeof openShore>>;
type Device = Awaited<ReturnType<Shore['enrolledDevice']>>;

/** Gives it a certificate of an authority whose clock is so many days ahead. */
async function certify(directory: string, name: string, { identity }: Device, days: number): Promise<void> {
  const clock = { ...nodeClock, now: () => nodeClock.now() + days * dayMs };
  const authority = await openAuthority({ disk: nodeDisk, directory, clock, random: nodeRandom });
  identity.keep(await authority.issue(await proveRequest(certificateRequest(name, identity.key()))));
}

/** Asks for news under the certificate that it has. */
function ask({ url, authority }: Shore, { identity }: Device) {
  const network = openNetwork(() => ({ ca: authority.certificate, ...identity.texts() }));
  const report = { counter: 1 } as Report;
  return askNews({ network, countBytes: () => {}, controller: url }, { report }, AbortSignal.timeout(10_000));
}

test('who shows a certificate whose time is over, or has not come, is told so, seen in status, and let in once it is renewed', async (t) => {
  const shore = await openShore(t);
  const buoy = await shore.enrolledDevice('buoy');
  const taken = { kind: 'unanswered', trouble: { kind: 'https' } };
  t.like(await ask(shore, buoy), taken, 'it is let in, and there is no engine');
  for (const [days, code, words] of [
    [-800, 'CERTIFICATE_EXPIRED', /its certificate ended at 20\d\d-/],
    [800, 'CERTIFICATE_NOT_YET_VALID', /its certificate counts from 20\d\d-.*clock is wrong, or was/],
  ] as const) {
    await certify(join(shore.directory, 'authority'), 'buoy', buoy, days);
    const reply = await ask(shore, buoy);
    t.like(reply, { kind: 'unanswered', trouble: { kind: 'refused' } });
    t.regex(reply.kind === 'unanswered' ? reply.trouble.message : '', words);
    t.like(shore.refusals.pop(), { code, device: 'buoy', keyFingerprint: buoy.fingerprint });
    t.is((await buoy.renew()).kind, 'enrolled');
    t.like(await ask(shore, buoy), taken);
  }
  t.deepEqual(shore.refusals, []);
});

test('of another authority a certificate whose time is over tells nothing, and nobody learns by it whom git names', async (t) => {
  const shore = await openShore(t);
  const buoy = await shore.enrolledDevice('buoy');
  await certify(join(shore.directory, 'elsewhere'), 'buoy', buoy, -800);
  t.like(await ask(shore, buoy), { trouble: { kind: 'https', message: `${shore.url}/news answered 401` } });
  t.deepEqual(shore.refusals, []);
});

test('a device that git does not name any more gets nothing for its old certificate', async (t) => {
  const shore = await openShore(t);
  const buoy = await shore.enrolledDevice('buoy');
  await certify(join(shore.directory, 'authority'), 'buoy', buoy, -800);
  shore.named.delete('buoy');
  t.like(await ask(shore, buoy), { trouble: { kind: 'https', message: `${shore.url}/news answered 403` } });
  t.like(await buoy.renew(), { kind: 'refused', code: 'KEY_REFUSED', times: [] });
  t.is(buoy.identity.validity()!.untilMs < Date.now(), true);
});

/** A server by a certificate, which counts the requests that it hears. */
async function serve(
  t: ExecutionContext,
  { key, certificate }: { readonly key: string; readonly certificate: string },
) {
  const heard: (string | undefined)[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    heard.push(request.url);
    response.end('well');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { heard, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

test('a clock that runs ahead keeps no device from its controller, and lets nobody else be taken for it', async (t) => {
  const scene = await Scene.open();
  t.teardown(() => scene[Symbol.dispose]());
  const { path: directory } = scene.directory;
  const long = { ...nodeClock, now: () => nodeClock.now() - 300 * dayMs };
  const past = await openAuthority({ disk: nodeDisk, directory, clock: long, random: nodeRandom });
  const foreign = await Scene.open(long);
  t.teardown(() => foreign[Symbol.dispose]());
  const network = (tolerates?: (untilMs: number) => boolean) =>
    openNetwork(() => ({ ca: past.certificate, ...(tolerates && { tolerates }) }));
  const ask = async (url: string, tolerates?: (untilMs: number) => boolean) => {
    const request = { method: 'GET', url, headers: {} } as const;
    return network(tolerates)
      .request(request, AbortSignal.timeout(10_000))
      .then(({ status }) => status, failureCode);
  };
  const own = await serve(t, await past.serverIdentity(['127.0.0.1']));
  const ends: number[] = [];
  t.is(await ask(own.url), 'TLS');
  t.is(await ask(own.url, (untilMs) => ends.push(untilMs) < 0), 'TLS', 'its time is over by what is signed');
  t.deepEqual(own.heard, [], 'nothing is said before the server is judged');
  t.is(await ask(own.url, (untilMs) => ends.push(untilMs) > 0), 200);
  t.true(
    ends.every((untilMs) => Math.abs(untilMs - (Date.now() - 210 * dayMs)) < dayMs),
    `${ends}`,
  );
  const named = await past.serverIdentity(['elsewhere']);
  const { csr, key } = await deviceRequest('127.0.0.1');
  const device = { key, certificate: await past.issue(await proveRequest(csr)) };
  const others = [named, await foreign.authority.serverIdentity(['127.0.0.1']), device];
  for (const identity of others) {
    const { url, heard } = await serve(t, identity);
    t.is(await ask(url, () => true), 'TLS');
    t.deepEqual(heard, []);
  }
});

test('who renews by its key is told what time it is, signed for it and for what it was asked', async (t) => {
  const shore = await openShore(t);
  const buoy = await shore.enrolledDevice('buoy');
  const { kind, times } = await buoy.renew();
  t.is(kind, 'enrolled');
  const [[envelope, challenge, askedMsAgo]] = times as [(typeof times)[0]];
  const keys = [keyOf('deployment').publicKey];
  t.true(
    Math.abs(judgeTime(envelope, keys, { device: 'buoy', challenge })! - Date.now()) < 60_000 && askedMsAgo < 60_000,
  );
  t.is(judgeTime(envelope, keys, { device: 'crane', challenge }), undefined);
  t.is(judgeTime(envelope, keys, { device: 'buoy', challenge: 'another' }), undefined);
  t.is(judgeTime(envelope, [keyOf('snapshot').publicKey], { device: 'buoy', challenge }), undefined, 'by another key');
  t.is(judgeTime('{}', keys, { device: 'buoy', challenge }), undefined);
});

test('a renewal is given for a fresh proof of the named key alone, and to nobody who heard it', async (t) => {
  const shore = await openShore(t);
  const buoy = await shore.enrolledDevice('buoy');
  const stranger = shore.newDevice('stranger');
  const { challenges } = shore.renewals;
  const proof = ({ identity }: Pick<Device, 'identity'>, more: Partial<RenewalRequest> = {}) => {
    const device = more.device ?? 'buoy';
    const csr = certificateRequest(device, identity.key());
    const claim = { device, challenge: challenges.make(), csr, ...more };
    return { ...claim, signature: signProof(claim, identity.keyText()!), ...more };
  };
  const answer = (request: RenewalRequest) => renew(shore.renewals, request, '10.0.0.1');
  const heard = proof(buoy);
  t.like(await answer(heard), { kind: 'renewed' });
  const wrong: readonly (readonly [string, RenewalRequest])[] = [
    ['CHALLENGE_UNKNOWN', heard],
    ['CHALLENGE_UNKNOWN', proof(buoy, { challenge: 'made up' })],
    ['CHALLENGE_UNKNOWN', proof(buoy, { challenge: new Challenges(chance()).make() })],
    ['PROOF_INVALID', { ...proof(buoy), challenge: challenges.make() }],
    ['PROOF_INVALID', { ...proof(buoy), signature: proof(buoy).signature }],
    ['PROOF_INVALID', { ...proof(buoy), csr: certificateRequest('buoy', stranger.identity.key()) }],
    ['PROOF_INVALID', { ...proof(buoy, { device: 'crane' }), device: 'buoy' }],
    ['CSR_INVALID', proof(buoy, { csr: 'no request' })],
    ['KEY_NOT_NAMED', proof(stranger)],
    ['KEY_NOT_NAMED', proof(stranger, { device: 'nobody' })],
  ];
  for (const [code, request] of wrong) {
    t.deepEqual(await answer(request), { kind: 'refused' }, code);
    t.like(shore.refusals.pop(), { code, device: request.device });
  }
  shore.named.delete('buoy');
  t.deepEqual(await answer(proof(buoy)), { kind: 'refused' }, 'it was taken out of git');
  shore.named.set('buoy', buoy.fingerprint);
  for (let more = 0; more < 5; more += 1) t.like(await answer(proof(buoy)), { kind: 'renewed' });
  t.deepEqual(await answer(proof(buoy)), { kind: 'too-many' });
});

test('a challenge is over after two minutes, and what is remembered of it too', (t) => {
  let nowMs = 1_000;
  const challenges = new Challenges({ ...chance(), monotonic: () => nowMs });
  const [first, second] = [challenges.make(), challenges.make()];
  t.not(first, second);
  t.true(challenges.spend(first));
  t.false(challenges.spend(first));
  nowMs += 119_000;
  t.false(challenges.spend(first));
  nowMs += 2_000;
  t.false(challenges.spend(second));
  t.false(challenges.spend(first));
});

test('of a controller that knows no such way a certificate is asked for as at first; what another authority gave is not kept', async (t) => {
  const shore = await openShore(t);
  const buoy = await shore.enrolledDevice('buoy');
  const network = openNetwork(() => ({ ca: shore.authority.certificate }));
  const elder: Network = {
    request: (asked, signal) =>
      network.request({ ...asked, url: asked.url.replace('/renew/challenge', '/nothing') }, signal),
  };
  t.like(await buoy.renew({ network: elder }), { kind: 'enrolled', times: [] });
  const identity = new DeviceIdentityStore(nodeDisk, join(shore.directory, 'buoy'), () => false);
  t.like(await buoy.renew({ identity }), { kind: 'unreachable', times: [] });
});

test('what the shore said of the time is measured on by the clock that nobody sets, and never raises the floor by itself', (t) => {
  let [nowMs, monotonicMs, timeFloorMs] = [7, 100, 5_000];
  const clock = { ...nodeClock, now: () => nowMs, monotonic: () => monotonicMs };
  const ledger = { timeFloorMs, raiseTimeFloor: (signedMs: number) => (timeFloorMs = signedMs) };
  const time = new OwnTime(clock, ledger);
  t.deepEqual([time.nowMs(), time.floorMs(), time.likelyMs()], [5_000, 5_000, 5_000]);
  time.heard(9_000);
  monotonicMs += 50;
  t.deepEqual([time.nowMs(), time.floorMs(), time.likelyMs()], [5_000, 5_000, 9_050]);
  nowMs = 1e12;
  t.deepEqual([time.nowMs(), time.likelyMs()], [1e12, 9_050], 'a clock that runs ahead');
  time.heard(8_000);
  t.is(time.likelyMs(), 8_000, 'the shore may have been wrong');
  time.raise(6_000);
  t.is(timeFloorMs, 6_000);
});
