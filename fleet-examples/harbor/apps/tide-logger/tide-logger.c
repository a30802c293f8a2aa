/*
 * Logs the height of the tide every few seconds: a harmonic tide of one constituent (M2, period 12.42 h).
 *
 * Reads `station`, `amplitudeMetres` and `intervalSeconds` from /config/config.json. A plain WASI preview 1 command: any
 * C compiler with a WASI libc builds it, and it knows nothing of what runs it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef TIDE_LOGGER_VERSION
#define TIDE_LOGGER_VERSION "1.0.0"
#endif

static const double m2_period_seconds = 12.4206012 * 3600.0;

static char config[16384];

/* Finds "key": in flat JSON and returns what follows the colon; NULL when there is none. */
static const char *value_of(const char *key) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\"", key);
  const char *found = strstr(config, quoted);
  if (found == NULL) return NULL;
  found = strchr(found + strlen(quoted), ':');
  return found == NULL ? NULL : found + 1;
}

static double number_of(const char *key, double otherwise) {
  const char *value = value_of(key);
  return value == NULL ? otherwise : strtod(value, NULL);
}

static void text_of(const char *key, const char *otherwise, char *out, size_t size) {
  const char *value = value_of(key);
  const char *start = value == NULL ? NULL : strchr(value, '"');
  const char *end = start == NULL ? NULL : strchr(start + 1, '"');
  if (end == NULL) {
    snprintf(out, size, "%s", otherwise);
  } else {
    snprintf(out, size, "%.*s", (int)(end - start - 1), start + 1);
  }
}

static void read_config(void) {
  FILE *file = fopen("/config/config.json", "r");
  if (file == NULL) return;
  config[fread(config, 1, sizeof config - 1, file)] = '\0';
  fclose(file);
}

int main(void) {
  read_config();
  char station[64];
  text_of("station", "unnamed", station, sizeof station);
  double amplitude = number_of("amplitudeMetres", 1.0);
  double interval = number_of("intervalSeconds", 10.0);
  printf("tide-logger %s at %s\n", TIDE_LOGGER_VERSION, station);
  for (;;) {
    double phase = fmod((double)time(NULL), m2_period_seconds) / m2_period_seconds;
    double height = amplitude * cos(2.0 * M_PI * phase);
#ifdef TIDE_LOGGER_TREND
    double slope = -sin(2.0 * M_PI * phase);
    printf("%s: %+.2f m, %s\n", station, height, slope > 0 ? "rising" : "falling");
#else
    printf("%s: %+.2f m\n", station, height);
#endif
    fflush(stdout);
    struct timespec pause = {(time_t)interval, (long)((interval - floor(interval)) * 1e9)};
    nanosleep(&pause, NULL);
  }
}
