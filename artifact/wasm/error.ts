/** Why bytes were refused as a Wasm binary; callers decide by this, never by the text. */
export type WasmErrorCode =
  | 'not-wasm'
  | 'unsupported-version'
  | 'truncated'
  | 'too-large'
  | 'leb-too-long'
  | 'bad-section'
  | 'section-order'
  | 'section-length'
  | 'bad-name'
  | 'bad-type'
  | 'bad-kind'
  | 'bad-opcode'
  | 'body-unterminated';

/** Bytes that are no Wasm binary we know, with the offset of the first one that does not fit. */
export class WasmError extends Error {
  override readonly name = 'WasmError';
  readonly code: WasmErrorCode;
  readonly offset: number;

  constructor(code: WasmErrorCode, offset: number, detail: string) {
    super(`${detail} at offset ${offset}`);
    this.code = code;
    this.offset = offset;
  }
}
