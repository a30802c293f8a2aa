// Calls and little else: Fibonacci, Ackermann, Takeuchi.
static int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
static int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static int takeuchi(int x, int y, int z) { return y < x ? takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y)) : z; }
__attribute__((export_name("run"))) int run(int rounds) {
  int sum = 0;
  for (int r = 0; r < rounds; r++) sum += fibonacci(24 + (r & 1)) + ackermann(2, 60 + r % 3) + takeuchi(14, 8, 2);
  return sum;
}
