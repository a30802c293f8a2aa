/** Clocks that are wrong on either end, at real doors: what a device is told, and that it comes back by its key. */
import { join } from 'node:path';
import test from 'ava';
import { openAuthority } from '../../controller/authority/authority.ts';
import { proveRequest } from '../../controller/authority/certificate-request.ts';
import { askNews } from '../../device-agent/courier/ask-news.ts';
import { certificateRequest } from '../../device-agent/enrol-request.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { openNetwork } from '../../platform/node/network.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { openShore } from './transport/shore.ts';

const dayMs = 86_400_000;

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
    t.is((await buoy.enrol()).kind, 'enrolled');
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
  t.is((await buoy.enrol()).kind, 'refused');
});
