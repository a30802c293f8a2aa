/** Programs of a real C library on our system calls. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { GuestWorld } from '../../../../device-agent/runtime/wasi/world.ts';
import { runProgram } from '../../../../device-agent/runtime/worker/program.ts';
import { openHostDirectory } from '../../../../platform/node/host-directory.ts';
import { granted, newWorld } from '../wasi/guest.ts';

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

const writingSource = `
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

const hasClang = spawnSync('clang', ['--print-targets']).status === 0 && spawnSync('wasm-ld', ['-v']).status === 0;

/** Compiles and runs a program; gives its end and the lines of its streams. */
function run(t: ExecutionContext, text: string, changes: Partial<GuestWorld>) {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-c-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'app.c'), text);
  execFileSync('clang', ['--target=wasm32-wasi', '-O1', '-o', join(directory, 'app.wasm'), join(directory, 'app.c')]);
  const { world, printed } = newWorld(changes);
  const end = runProgram(readFileSync(join(directory, 'app.wasm')), world, () => {});
  const linesOf = (stream: string): string[] => {
    const parts = printed.filter((line) => line.startsWith(`${stream}:`)).map((line) => line.slice(stream.length + 1));
    return parts.join('').split('\n');
  };
  return { end, stdout: linesOf('stdout'), stderr: linesOf('stderr') };
}

const withClang = hasClang ? test : test.skip;

withClang('a C program reads its configuration, finds every other door shut, sleeps and exits', (t) => {
  const { end, stdout, stderr } = run(t, source, { args: ['gauge', 'fast'] });
  t.deepEqual(stdout, ['gauge fast Hamburg {"a":1}', 'a 3', '[.][..][config.json]', '1 1 1 1 1', '1800000 1', '']);
  t.deepEqual(stderr, ['bye', '']);
  t.deepEqual(end, { kind: 'exited', exitCode: 7 });
});

withClang('a C program works on a granted directory of this machine as on its own, until the quota', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'fleet-c-data-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  const directory = granted(openHostDirectory(path), { limits: { bytesMax: 10_000, entriesMax: 10, openMax: 10 } });
  const { end, stdout } = run(t, writingSource, { directories: { '/data': directory } });
  t.deepEqual(stdout, ['one', 'two', '00000', '8 2 1', '1700000000 123456789', '03 0', '1 1', '10 1', '0000', '']);
  t.deepEqual(end, { kind: 'exited', exitCode: 0 });
  t.deepEqual(readdirSync(path), []);
});
