import type { Waiting } from '../../schemas/generated/types.ts';

/** What is waited for to do. */
export type Purpose = Waiting['to'];

/** What a gate is now. It can't be otherwise before `forMs` are over, unless the clock is set. */
export type Look =
  | { readonly kind: 'open'; readonly forMs: number }
  | {
      readonly kind: 'closed';
      readonly forMs: number;
      readonly waiting: Waiting;
      /** Only what would go over the link that leads out is in the way. */
      readonly isOfLink?: true;
    };

/** Something that has to be so before a deployment is fetched or activated. */
export interface Gate {
  look(): Look;
}

const messageCharactersMax = 300;

/** Why something waits, in the room that there is for it. */
export function waiting(to: Purpose, code: string, message: string): Waiting {
  return { to, code, message: message.slice(0, messageCharactersMax) };
}
