/** Whether a directory is a file system of its own on which programs run, by the kernel's list of mounts. */
export function runsPrograms(mounts: string, directory: string): boolean {
  const [, , , options = 'noexec'] =
    mounts
      .split('\n')
      .findLast((line) => line.split(' ')[1] === directory)
      ?.split(' ') ?? [];
  return !options.split(',').includes('noexec');
}
