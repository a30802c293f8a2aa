/** Programs of a real C library on our system calls. */
import { compileC, cTest } from '../c-module.ts';
import { runGuest } from './run-guest.ts';

const source = `
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char text[64] = {0};
  FILE *file = fopen("/config/config.json", "r");
  fread(text, 1, sizeof text - 1, file);
  printf("%s %s %s %s\\n", argv[0], argv[1], getenv("PORT"), text);
  fseek(file, 2, SEEK_SET);
  printf("%c %ld\\n", fgetc(file), ftell(file));
  struct dirent *entry;
  DIR *directory = opendir("/config");
  while ((entry = readdir(directory))) printf("[%s]", entry->d_name);
  printf("\\n");
  printf("%d ", open("/etc/passwd", O_RDONLY) < 0);
  printf("%d ", open("/config/../etc/passwd", O_RDONLY) < 0);
  printf("%d ", open("/config/new", O_CREAT | O_WRONLY, 0600) < 0);
  printf("%d ", open("/config/config.json", O_RDWR) < 0 || write(3, "x", 1) < 0);
  printf("%d\\n", unlink("/config/config.json") < 0);
  struct timespec nap = {0, 5000000};
  nanosleep(&nap, NULL);
  printf("%d %d\\n", (int)(time(NULL) / 1000), fgetc(stdin) == EOF);
  fprintf(stderr, "bye\\n");
  return 7;
}`;

cTest('a C program reads its configuration, finds every other door shut, sleeps and exits', async (t) => {
  const { end, printed } = await runGuest(compileC(source), { args: ['gauge', 'fast'] });
  const linesOf = (stream: string) =>
    printed
      .filter((line) => line.startsWith(`${stream}:`))
      .map((line) => line.slice(stream.length + 1))
      .join('')
      .split('\n');
  t.deepEqual(linesOf('stdout'), [
    'gauge fast Hamburg {"a":1}',
    'a 3',
    '[.][..][config.json]',
    '1 1 1 1 1',
    '1800000 1',
    '',
  ]);
  t.deepEqual(linesOf('stderr'), ['bye', '']);
  t.deepEqual(end, { kind: 'exited', exitCode: 7 });
});
