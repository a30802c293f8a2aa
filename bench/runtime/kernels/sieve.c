// The sieve of Eratosthenes.
#define N 2000000
static unsigned char composite[N];
__attribute__((export_name("run"))) int run(int rounds) {
  int count = 0;
  for (int r = 0; r < rounds; r++) {
    for (int i = 0; i < N; i++) composite[i] = 0;
    count = 0;
    for (int i = 2; i < N; i++) {
      if (composite[i]) continue;
      count++;
      for (long long j = (long long)i * i; j < N; j += i) composite[j] = 1;
    }
  }
  return count;
}
