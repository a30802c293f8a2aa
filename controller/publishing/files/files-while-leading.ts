import type { ArtifactFiles } from './artifact-files.ts';

/**
 * Files that are read always, and changed only while it is certain that no other controller leads; `assertLeading` throws when
 * it is not.
 */
export function filesWhileLeading(files: ArtifactFiles, assertLeading: () => void): ArtifactFiles {
  return {
    read: (path, bytesMax) => files.read(path, bytesMax),
    size: (path) => files.size(path),
    open: (path, range, signal) => files.open(path, range, signal),
    list: (folder, levels) => files.list(folder, levels),
    async write(path, bytes) {
      assertLeading();
      await files.write(path, bytes);
    },
    async remove(path) {
      assertLeading();
      await files.remove(path);
    },
  };
}
