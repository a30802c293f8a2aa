/** Why a module can't be metered; callers decide by this, never by the text. */
export type FuelErrorCode =
  | 'component'
  | 'reserved-name'
  | 'memory-above-limit'
  | 'table-above-limit'
  | 'frame-above-limit';

/** A module that can't be metered or held within its limits, and which rule it breaks. */
export class FuelError extends Error {
  override readonly name = 'FuelError';
  readonly code: FuelErrorCode;

  constructor(code: FuelErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
