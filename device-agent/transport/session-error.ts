/** Why no session came about: nobody was reached, or it came to nothing there. */
export class SessionError extends Error {
  readonly code: 'unreachable' | 'refused';
  constructor(code: SessionError['code'], reason: string) {
    super(reason);
    this.name = 'SessionError';
    this.code = code;
  }
}
