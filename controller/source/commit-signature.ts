/** May this commit come into force? The signature of a commit against a list of allowed signers. */
import { AllowedSignersError, mayServe, parseAllowedSigners } from './allowed-signers.ts';
import type { Commit } from './commit.ts';
import { messageOf } from './source-error.ts';
import { keyTypes, parseSshSignature, verifySshSignature } from './ssh-signature.ts';

export type SignatureRefusal =
  | 'NOT_SIGNED'
  | 'SIGNATURE_KIND'
  | 'SIGNATURE_INVALID'
  | 'SIGNER_UNKNOWN'
  | 'SIGNER_NOT_VALID_THEN'
  | 'ALLOWED_SIGNERS';

export type SignatureJudgement =
  | { readonly kind: 'trusted'; readonly principal: string }
  | { readonly kind: 'refused'; readonly code: SignatureRefusal; readonly message: string };

const namespace = 'git';

/**
 * Judges one commit. As in git itself, the moment that valid-after and valid-before are held against is the commit's own
 * time: a key that expired goes on vouching for what it signed before. What comes after a commit is not older than that, whatever
 * it says: `notBeforeSeconds`. A list that cannot be read trusts nobody.
 */
export function judgeSignature(
  commit: Commit,
  allowedSigners: () => string,
  notBeforeSeconds = Number.NEGATIVE_INFINITY,
): SignatureJudgement {
  const name = `commit ${commit.status.id.slice(0, 12)} "${commit.status.subject}" by ${commit.status.author}`;
  const refuse = (code: SignatureRefusal, why: string): SignatureJudgement => ({
    kind: 'refused',
    code,
    message: `${name} ${why}`,
  });
  if (commit.signature === undefined) return refuse('NOT_SIGNED', 'is not signed');
  if (!commit.signature.includes('BEGIN SSH SIGNATURE')) {
    return refuse('SIGNATURE_KIND', 'is signed, but not by SSH (set gpg.format=ssh)');
  }
  const signature = parseSshSignature(commit.signature);
  if (signature === undefined) return refuse('SIGNATURE_INVALID', 'carries a signature that cannot be read');
  if (!keyTypes.includes(signature.keyType))
    return refuse('SIGNATURE_KIND', `is signed by a key of type ${signature.keyType}, which is not supported`);
  if (signature.namespace !== namespace || !verifySshSignature(signature, commit.signed)) {
    return refuse('SIGNATURE_INVALID', 'carries a signature that is not over this commit');
  }
  let text: string;
  try {
    text = allowedSigners();
  } catch (error) {
    return refuse('ALLOWED_SIGNERS', `cannot be judged: the allowed signers can't be read: ${messageOf(error)}`);
  }
  try {
    const key = signature.publicKey.toString('base64');
    const signers = parseAllowedSigners(text).filter(
      (signer) => signer.key.replace(/=+$/, '') === key.replace(/=+$/, ''),
    );
    const madeAtSeconds = Math.max(commit.committedAtSeconds, notBeforeSeconds);
    const verdicts = signers.map((signer) => mayServe(signer, namespace, madeAtSeconds));
    const trusted = signers[verdicts.indexOf('yes')];
    if (trusted !== undefined) return { kind: 'trusted', principal: trusted.principals };
    if (verdicts.includes('time'))
      return refuse(
        'SIGNER_NOT_VALID_THEN',
        `is signed by ${signers[0]!.principals}, whose key was not valid when it was made, at ${new Date(1000 * madeAtSeconds).toISOString()} at the earliest`,
      );
    return refuse(
      'SIGNER_UNKNOWN',
      `is signed by a key that the allowed signers do not list for git: ${signature.keyType} ${key}`,
    );
  } catch (error) {
    if (error instanceof AllowedSignersError) return refuse('ALLOWED_SIGNERS', `cannot be judged: ${error.message}`);
    throw error;
  }
}
