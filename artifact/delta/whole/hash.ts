/** Mixes a number into a hash. */
export const mix = (hash: number, value: number): number => {
  const mixed = Math.imul(hash ^ Math.imul(value + 0x3c6ef372, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
};
