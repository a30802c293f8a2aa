/*
The functions of WASI preview 1 by their signatures: `i` is an i32 (pointers, lengths, descriptors, flags), `I` an i64
(sizes of files, times, rights, cookies), behind `>` what comes back: the error number.
*/
const preview1 = `
>i: sched_yield
i>: proc_exit
i>i: fd_close fd_datasync fd_sync proc_raise
ii>i: args_get args_sizes_get clock_res_get environ_get environ_sizes_get fd_fdstat_get fd_fdstat_set_flags
ii>i: fd_filestat_get fd_prestat_get fd_renumber fd_tell random_get sock_shutdown
iI>i: fd_filestat_set_size
iII>i: fd_allocate fd_fdstat_set_rights
iIIi>i: fd_advise fd_filestat_set_times
iIi>i: clock_time_get
iIii>i: fd_seek
iii>i: fd_prestat_dir_name path_create_directory path_remove_directory path_unlink_file sock_accept
iiii>i: fd_read fd_write poll_oneoff
iiiIi>i: fd_pread fd_pwrite fd_readdir
iiiii>i: path_filestat_get path_symlink sock_send
iiiiii>i: path_readlink path_rename sock_recv
iiiiIIi>i: path_filestat_set_times
iiiiiii>i: path_link
iiiiiIIii>i: path_open`;

const signatures = new Map<string, string>(
  preview1
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [signature, names] = line.split(': ') as [string, string];
      return names.split(' ').map((name): [string, string] => [name, signature]);
    }),
);

/** The name that imports of WASI preview 1 come from. */
export const preview1Module = 'wasi_snapshot_preview1';

/**
 * The name of preview 1's elder. Its functions have the same signatures and other meanings: whence counts CUR, END, SET
 * where preview 1 counts SET, CUR, END (`fd_seek`); a filestat has 56 bytes, with a link count of 32 bits
 * (`fd_filestat_get`, `path_filestat_get`); a subscription has 56, with an identifier of its clock (`poll_oneoff`).
 */
export const unstableModule = 'wasi_unstable';

/** Names of the functions of preview 1. */
export const preview1Functions: readonly string[] = [...signatures.keys()].sort();

/** The signature of a function that one of the two names offers, as `iI>i`; undefined where it offers none. */
export function wasiSignature(module: string, name: string): string | undefined {
  if (module === preview1Module) return signatures.get(name);
  // Servers came to preview 1 after its elder was left behind.
  return module === unstableModule && name !== 'sock_accept' ? signatures.get(name) : undefined;
}
