/** How long metadata that people sign is valid, in days: renewing it takes a person with a key. */
export const lifetimesDays = { root: 5 * 365, targets: 365 } as const;
