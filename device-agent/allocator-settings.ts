/**
 * Settings of the C library's allocator that suit an agent, as variables of its environment; a library that has no such settings
 * reads none. Left alone it keeps what it once asked of the system for whatever may come, in a place of its own for every
 * thread: what starting took would stay for months. What is large is mapped, and given back as soon as it is free.
 */
export const allocatorSettings: Readonly<Record<string, string>> = {
  ...{ MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536' },
  ...{ MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_TOP_PAD_: '16384' },
};
