/*
The logistic function and its inverse over integers, so that every machine computes the same bits: chances in 1/65536,
their logarithmic odds in 1/256, cut off at ±12. The table comes from powers of e^(1/256) in 60-bit fixed point.
*/

const one = 1n << 60n;
/** e^(1/256) × 2^60, rounded down. */
const stepUp = 1157433911791679357n;

/** Odds are kept within ±`oddsMax`. */
export const oddsMax = 3071;

/** The chance (1 to 65535) that belongs to odds o is `chanceOf[o + oddsMax + 1]`. */
export const chanceOf: Int32Array = new Int32Array(2 * oddsMax + 2);
/** The odds that belong to a chance of 0 to 65535. */
export const oddsOf: Int16Array = new Int16Array(65536);

let power = one;
for (let odds = 0; odds <= oddsMax; odds++) {
  const chance = Math.min(65535, Number((65536n * power + (power + one) / 2n) / (power + one)));
  chanceOf[oddsMax + 1 + odds] = chance;
  chanceOf[oddsMax + 1 - odds] = 65536 - chance;
  power = (power * stepUp) >> 60n;
}
chanceOf[0] = 1;

for (let chance = 0, odds = -oddsMax; chance < 65536; chance++) {
  while (odds < oddsMax && chanceOf[odds + oddsMax + 1]! < chance) odds++;
  oddsOf[chance] = odds;
}
