// The C library's sort, which calls a comparison by its pointer, and a heap sort beside it.
#include <stdlib.h>
#define N 50000
static int values[N];
static unsigned state;
static int next(void) { state = state * 1103515245 + 12345; return state >> 8; }
static int compare(const void *a, const void *b) { int x = *(const int *)a, y = *(const int *)b; return (x > y) - (x < y); }
static void sift(int root, int end) {
  for (int child; (child = 2 * root + 1) < end; root = child) {
    if (child + 1 < end && values[child] < values[child + 1]) child++;
    if (values[root] >= values[child]) return;
    int swap = values[root]; values[root] = values[child]; values[child] = swap;
  }
}
static void heapSort(void) {
  for (int i = N / 2; i-- > 0;) sift(i, N);
  for (int end = N - 1; end > 0; end--) { int swap = values[0]; values[0] = values[end]; values[end] = swap; sift(0, end); }
}
__attribute__((export_name("run"))) int run(int rounds) {
  int sum = 0;
  for (int r = 0; r < rounds; r++) {
    state = r; for (int i = 0; i < N; i++) values[i] = next();
    qsort(values, N, sizeof *values, compare); sum ^= values[N / 2];
    state = r + 1; for (int i = 0; i < N; i++) values[i] = next();
    heapSort(); sum ^= values[N / 3];
  }
  return sum;
}
