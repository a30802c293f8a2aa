// AssemblyScript: a system of bodies that attract each other, in 64-bit floating point.
const count = 5;
const state = new StaticArray<f64>(count * 7);
export function run(rounds: i32): i32 {
  for (let i = 0; i < state.length; i++) state[i] = (i * 37) % 11;
  for (let step = 0; step < rounds * 1000; step++) {
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const dx = state[i * 7] - state[j * 7];
        const dy = state[i * 7 + 1] - state[j * 7 + 1];
        const dz = state[i * 7 + 2] - state[j * 7 + 2];
        const squared = dx * dx + dy * dy + dz * dz + 0.01;
        const force = 0.001 / (squared * Math.sqrt(squared));
        state[i * 7 + 3] -= dx * force;
        state[i * 7 + 4] -= dy * force;
        state[i * 7 + 5] -= dz * force;
        state[j * 7 + 3] += dx * force;
        state[j * 7 + 4] += dy * force;
        state[j * 7 + 5] += dz * force;
      }
    }
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < 3; k++) state[i * 7 + k] += state[i * 7 + 3 + k] * 0.001;
    }
  }
  return (state[0] * 1000) as i32;
}
