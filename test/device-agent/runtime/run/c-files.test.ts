/** A program of a real C library on a granted directory of this machine. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runModule } from '../../../../device-agent/runtime/run/run-module.ts';
import type { GuestWorld } from '../../../../device-agent/runtime/wasi/world.ts';
import { openHostDirectory } from '../../../../platform/node/host-directory.ts';
import { compileC, cTest } from '../c-module.ts';
import { granted, newWorld } from '../wasi/guest.ts';
import { newRunThread } from './run-thread.ts';

const source = `
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  char text[64] = {0};
  struct stat info;
  FILE *log = fopen("/data/log", "w");
  fputs("one\\n", log);
  fclose(log);
  log = fopen("/data/log", "a+");
  fputs("two\\n", log);
  rewind(log);
  fread(text, 1, sizeof text - 1, log);
  fclose(log);
  printf("%s", text);
  printf("%d%d%d", mkdir("/data/d", 0700), rename("/data/log", "/data/d/log"), symlink("d/log", "/data/link"));
  printf("%d", link("/data/d/log", "/data/second"));
  printf("%d\\n", stat("/data/link", &info));
  printf("%lld %lld ", (long long)info.st_size, (long long)info.st_nlink);
  printf("%d\\n", lstat("/data/link", &info) == 0 && S_ISLNK(info.st_mode));
  struct timespec times[2] = {{1, 2}, {1700000000, 123456789}};
  utimensat(AT_FDCWD, "/data/second", times, 0);
  stat("/data/d/log", &info);
  printf("%lld %ld\\n", (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  int file = open("/data/second", O_RDWR);
  printf("%d%d ", ftruncate(file, 3), (int)lseek(file, 0, SEEK_END));
  printf("%d\\n", posix_fallocate(file, 0, 4096));
  printf("%d ", write(file, text, 60) == 60);
  while (write(file, text, 60) > 0);
  printf("%d\\n", errno == EDQUOT);
  close(file);
  struct dirent *entry;
  int entries = 0;
  DIR *directory = opendir("/data");
  while ((entry = readdir(directory))) entries++;
  rewinddir(directory);
  while ((entry = readdir(directory))) entries++;
  printf("%d %d\\n", entries, rmdir("/data/d") < 0 && errno == ENOTEMPTY);
  printf("%d%d%d%d\\n", unlink("/data/d/log"), unlink("/data/link"), unlink("/data/second"), rmdir("/data/d"));
  return 0;
}`;

/** Compiles and runs the program; gives its end and the lines that it printed. */
async function run(directories: GuestWorld['directories']) {
  const { world, printed } = newWorld({ directories });
  const request = { args: ['app'], memoryPagesMax: 16 };
  const { end } = await runModule(compileC(source), request, world, newRunThread());
  return {
    end,
    stdout: printed
      .map((line) => line.replace(/^stdout:/, ''))
      .join('')
      .split('\n'),
  };
}

cTest('a C program works on a granted directory of this machine as on its own, until the quota', async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'fleet-c-data-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  const directory = granted(openHostDirectory(path), { limits: { bytesMax: 10_000, entriesMax: 10, openMax: 10 } });
  const { end, stdout } = await run({ '/data': directory });
  t.deepEqual(stdout, ['one', 'two', '00000', '8 2 1', '1700000000 123456789', '03 0', '1 1', '10 1', '0000', '']);
  t.deepEqual(end, { kind: 'exited', exitCode: 0 });
  t.deepEqual(readdirSync(path), []);
});
