/** What the door for neighbours says to its supervisor. Both are the agent's own, and believe each other. */
export type FromDoor =
  | { readonly kind: 'listening'; readonly port: number }
  /** Why it does not listen; then it ends. */
  | { readonly kind: 'deaf'; readonly why: string };
