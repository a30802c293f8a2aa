/** Why nothing was taken from a registry, or put there. */
export type RegistryErrorCode =
  /** It is no reference, or one that leaves open what is meant. */
  | 'BAD_REFERENCE'
  | 'BAD_CREDENTIALS'
  | 'NOT_AUTHORIZED'
  | 'NOT_THERE'
  | 'TAG_TAKEN'
  /** Digest or size are not what was asked for or said. */
  | 'NOT_AS_SAID'
  /** What lies there is not laid out as a Wasm module is. */
  | 'NOT_A_MODULE'
  | 'ANSWER_TOO_LARGE'
  | 'BAD_ANSWER'
  | 'REGISTRY_UNREACHED';

/** `code` decides, the message says what was tried and what to do. */
export class RegistryError extends Error {
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RegistryError';
    this.code = code;
  }
}
