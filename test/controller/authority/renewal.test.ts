/** What a renewal by the key alone may take of what is there for all. */
import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { Challenges } from '../../../controller/authority/challenges.ts';
import { type RenewalOptions, renew } from '../../../controller/authority/renewal.ts';
import { certificateRequest } from '../../../device-agent/enrol-request.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { signProof } from '../../../schemas/key-proof.ts';

test('a device that renews too often uses up none of the challenges that are remembered for all', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const challenges = new Challenges({ random: nodeRandom, monotonic: () => 0 });
  const challenge = challenges.make();
  const claim = { device: 'buoy', challenge, csr: certificateRequest('buoy', privateKey) };
  const signature = signProof(claim, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const options = { challenges, authorize: () => 'ok', mayRenew: () => false, onRefusal: () => {} };
  const answer = await renew(options as unknown as RenewalOptions, { ...claim, signature }, '::1');
  t.deepEqual(answer, { kind: 'too-many' });
  t.true(challenges.spend(challenge));
});
