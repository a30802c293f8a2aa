/** What a renewal by the key alone may take of what is there for all. */
import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { Challenges } from '../../../controller/authority/challenges.ts';
import { type RenewalOptions, renew } from '../../../controller/authority/renewal.ts';
import { certificateRequest } from '../../../device-agent/enrol-request.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { signProof } from '../../../schemas/key-proof.ts';

/** What `buoy` would be answered under these terms, and the challenge that it signed. */
async function answerUnder(terms: Partial<RenewalOptions>) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const challenges = new Challenges({ random: nodeRandom, monotonic: () => 0 });
  const challenge = challenges.make();
  const claim = { device: 'buoy', challenge, csr: certificateRequest('buoy', privateKey) };
  const signature = signProof(claim, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const refusals: unknown[] = [];
  const onRefusal = (refusal: unknown): void => void refusals.push(refusal);
  const options = { challenges, authorize: () => 'ok', mayRenew: () => true, onRefusal, ...terms };
  const answer = await renew(options as unknown as RenewalOptions, { ...claim, signature }, '::1');
  return { answer, refusals, isUnused: challenges.spend(challenge) };
}

test('a device that renews too often uses up none of the challenges that are remembered for all', async (t) => {
  const { answer, isUnused } = await answerUnder({ mayRenew: () => false });
  t.deepEqual(answer, { kind: 'too-many' });
  t.true(isUnused);
});

test('where as many challenges were used as are remembered a device is told to come later, and nobody that its proof is wrong', async (t) => {
  const { answer, refusals } = await answerUnder({ challenges: { counts: () => true, spend: () => false } });
  t.deepEqual(answer, { kind: 'full' });
  t.deepEqual(refusals, []);
});
