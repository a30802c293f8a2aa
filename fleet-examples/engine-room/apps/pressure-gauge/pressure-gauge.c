/*
 * A pressure gauge that is read every few seconds. Here it is a walk by chance around 6 bar, so that the example needs no
 * machine: each reading starts from the last one, which is kept under a key. For a real one, open /machine/gauge instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static double last_reading(void) {
  double bar = 6;
  FILE *key = fopen("/kv/last", "r");
  if (key == NULL) return bar;
  if (fscanf(key, "%lf", &bar) != 1) bar = 6;
  fclose(key);
  return bar;
}

static double step(double bar) {
  unsigned short chance;
  if (getentropy(&chance, sizeof chance) != 0) return bar;
  double next = bar + (chance / 65535.0 - 0.5) + (6 - bar) * 0.05;
  return next < 0 ? 0 : next;
}

int main(void) {
  double bar = step(last_reading());
  FILE *key = fopen("/kv/last", "w");
  if (key == NULL || fprintf(key, "%.2f", bar) < 0 || fclose(key) != 0) return 1;
  FILE *readings = fopen("/channels/out/pressures", "w");
  if (readings == NULL || fprintf(readings, "%.2f\n", bar) < 0 || fclose(readings) != 0) return 1;
  return 0;
}
