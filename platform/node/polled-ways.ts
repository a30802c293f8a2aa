import type { Clock, Ways } from '../ports.ts';

/** How often it is looked. A contact may last no longer than some seconds; while all is well, each look is a wake-up for nothing. */
const lookMs = { close: 5_000, easy: 20_000 } as const;

/** Ways that are watched by reading them again and again; `read` gives the same text as long as they are the same. */
export function polledWays(clock: Clock, read: () => string): Ways {
  return {
    watch: (onChange) => {
      let last = read();
      let timer: Disposable | undefined;
      let attention: keyof typeof lookMs = 'close';
      const later = (): void => {
        timer?.[Symbol.dispose]();
        timer = clock.after(lookMs[attention], look);
      };
      const look = (): void => {
        const before = last;
        last = read();
        later();
        if (last !== before) onChange();
      };
      later();
      return {
        attend: (wanted) => {
          attention = wanted;
          later();
        },
        [Symbol.dispose]: () => timer?.[Symbol.dispose](),
      };
    },
  };
}
