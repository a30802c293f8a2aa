import type { LinkTrouble } from './link-trouble.ts';

/** Why no session came about: nobody was reached, or it came to nothing there. */
export class SessionError extends Error {
  readonly code: 'unreachable' | 'refused';
  readonly trouble: LinkTrouble;
  constructor(code: SessionError['code'], trouble: LinkTrouble) {
    super(trouble.message);
    this.name = 'SessionError';
    this.code = code;
    this.trouble = trouble;
  }
}
