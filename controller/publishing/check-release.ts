import { judgeLinkedModule } from '../../artifact/admission/judge-module.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { CataloguedRelease } from '../manifests/desired.ts';
import { isLargeFilePointer, largeFilePointerMessage } from '../manifests/large-file-pointer.ts';
import { releaseFile } from './release-path.ts';

/** What is wrong with the bytes of a release, undefined when they are the signed ones. */
export function checkRelease(release: CataloguedRelease, bytes: Uint8Array | undefined): Problem | undefined {
  const file = releaseFile(release);
  const title = `${release.name} ${release.version}`;
  if (bytes === undefined) {
    return { file, code: 'RELEASE_FILE_MISSING', message: `${title} is signed, but the file is not in the repository` };
  }
  if (bytes.length !== release.length) {
    if (isLargeFilePointer(bytes)) {
      return { file, code: 'LFS_POINTER', message: `${title} is signed, but ${largeFilePointerMessage}` };
    }
    const message = `${title} has ${bytes.length} bytes, signed are ${release.length}`;
    return { file, code: 'RELEASE_LENGTH_MISMATCH', message };
  }
  const sha256 = sha256Hex(bytes);
  if (sha256 === release.sha256) return undefined;
  return { file, code: 'RELEASE_HASH_MISMATCH', message: `${title} has sha256 ${sha256}, signed is ${release.sha256}` };
}

/** What is wrong with a release, undefined when its bytes are the signed ones and devices can run them, alone or linked to others. */
export function judgeRelease(release: CataloguedRelease, bytes: Uint8Array | undefined): Problem | undefined {
  const problem = checkRelease(release, bytes);
  if (problem !== undefined || bytes === undefined) return problem;
  const verdict = judgeLinkedModule(bytes);
  if (verdict.kind === 'runs') return undefined;
  const reasons = verdict.problems.map(({ message }) => message).join('; ');
  const message = `${release.name} ${release.version} cannot run on a device: ${reasons}`;
  return { file: releaseFile(release), code: 'RELEASE_CANNOT_RUN', message };
}
