/*
 * The mean of the last readings. They are kept in memory between messages, and go over to the next release: each writes its
 * readings for the one that follows, and reads what the one before has written. 1.0.0 takes the mean of 8 of them, 1.1.0 of 32.
 */
#include <stdio.h>

#ifndef READINGS
#define READINGS 8
#endif

static double readings[READINGS];
static int count;

static void keep(double bar) { readings[count++ % READINGS] = bar; }

static int held(void) { return count < READINGS ? count : READINGS; }

__attribute__((export_name("reading"))) int reading(void) {
  double bar;
  clearerr(stdin); /* the message before was read to its end */
  if (scanf("%lf", &bar) != 1) return 1;
  keep(bar);
  double sum = 0;
  for (int i = 0; i < held(); i++) sum += readings[i];
  printf("%.2f %.2f\n", bar, sum / held()); /* to the only channel that it writes */
  return fflush(stdout);
}

/* The readings, the eldest first. */
__attribute__((export_name("fleet_export_state"))) int export_state(void) {
  for (int i = count - held(); i < count; i++) printf("%.2f\n", readings[i % READINGS]);
  return fflush(stdout);
}

__attribute__((export_name("fleet_import_state"))) int import_state(void) {
  double bar;
  clearerr(stdin);
  while (scanf("%lf", &bar) == 1) keep(bar);
  return feof(stdin) ? 0 : 1;
}
