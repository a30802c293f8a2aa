/* What a pressure means. It is a module of its own, so that the limits can be changed while what asks for them runs on. */

#define WARN_BAR 6.5
#define STOP_BAR 7.5

/* 0: all is well; 1: look after it; 2: stop the pump. */
__attribute__((export_name("severity"))) int severity(double bar) {
  return bar >= STOP_BAR ? 2 : bar >= WARN_BAR ? 1 : 0;
}
