/** Why a change to a repository's keys, metadata or releases was not made. */
export type AuthoringErrorCode =
  | 'TRUST_EXISTS'
  | 'TRUST_MISSING'
  /** What a signature would vouch for is not signed itself. */
  | 'TRUST_UNSIGNED'
  /** Not the fleet that the keys here signed for before. */
  | 'TRUST_FOREIGN'
  /** It entrusts a key that a rotation took out. */
  | 'TRUST_REVOKED'
  /** A newer one of it is known, which says less. */
  | 'TRUST_OLDER'
  /** What would be signed had ended before it was signed elsewhere. */
  | 'CLOCK_BEHIND'
  | 'MERGE_CONFLICT'
  | 'ROLE_UNKNOWN'
  | 'KEY_MISSING'
  | 'KEY_INVALID'
  | 'BAD_NAME'
  | 'BAD_VERSION'
  | 'NOT_WASM'
  | 'CANNOT_RUN'
  | 'TOO_LARGE'
  | 'VERSION_TAKEN'
  | 'RELEASE_UNKNOWN'
  | 'SYMBOLS_INVALID'
  | 'SBOM_INVALID'
  | 'BAD_COMPONENT'
  | 'TOO_MANY_RELEASES';

/** `code` decides, the message says what to do. */
export class AuthoringError extends Error {
  readonly code: AuthoringErrorCode;

  constructor(code: AuthoringErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AuthoringError';
    this.code = code;
  }
}
