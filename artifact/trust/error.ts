/** Why bytes that claim to be trusted are not. */
export type TrustErrorCode =
  /** Over a ceiling of `limits.ts`. */
  | 'TOO_LARGE'
  /** Not the format it claims to be, or a part of the format that fleets do not use. */
  | 'MALFORMED'
  /** Another kind of payload than the one asked for. */
  | 'WRONG_TYPE'
  /** A signature that claims a trusted key and is not by it. */
  | 'BAD_SIGNATURE'
  /** Not signed by enough of the trusted keys. */
  | 'THRESHOLD'
  /** Older than what was trusted before. */
  | 'ROLLBACK'
  /** Signed, but not the version that the signed metadata above names. */
  | 'VERSION_MISMATCH'
  /** Not the bytes that the signed metadata above names. */
  | 'LENGTH_MISMATCH'
  | 'HASH_MISMATCH'
  /** Signed once, but not for now. */
  | 'EXPIRED'
  /** Cannot be judged before other metadata was accepted. */
  | 'METADATA_MISSING'
  /** No signed metadata names it. */
  | 'TARGET_MISSING';

/** What every judgement of this room throws on hostile or stale input; `code` decides, the message is for people. */
export class TrustError extends Error {
  readonly code: TrustErrorCode;
  /** The rule that failed, by its number in section 5 of the TUF specification. */
  readonly rule: string | undefined;

  constructor(code: TrustErrorCode, message: string, rule?: string, options?: ErrorOptions) {
    super(rule === undefined ? message : `${message} (TUF ${rule})`, options);
    this.name = 'TrustError';
    this.code = code;
    this.rule = rule;
  }
}
