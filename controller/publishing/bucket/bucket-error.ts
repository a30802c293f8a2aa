/** What an S3 service and the way to it say, as errors that an operator can act on. */
import { S3ServiceError } from 's3mini';
import { NetworkError } from '../../../platform/ports.ts';
import { ArtifactError, type ArtifactErrorCode } from '../files/artifact-files.ts';

const remedies: Readonly<Partial<Record<ArtifactErrorCode, string>>> = {
  ARTIFACTS_UNREACHABLE: 'it is tried again',
  ARTIFACTS_REFUSED: "look at the key in controller.artifacts, what it may do there, and this machine's clock",
  ARTIFACTS_NO_BUCKET: 'make the bucket, or mend controller.artifacts.url',
};

function codeOf(status: number, said: string | undefined): ArtifactErrorCode {
  if (said === 'NoSuchBucket') return 'ARTIFACTS_NO_BUCKET';
  if (status === 401 || status === 403) return 'ARTIFACTS_REFUSED';
  // The service is overloaded, or behind something that can't reach it.
  if (status === 429 || status >= 500) return 'ARTIFACTS_UNREACHABLE';
  return 'ARTIFACTS_FAILED';
}

/** An error about the bucket at `place`. */
export function bucketFault(code: ArtifactErrorCode, place: string, detail: string): ArtifactError {
  const remedy = remedies[code];
  return new ArtifactError(code, `bucket ${place}: ${detail}${remedy === undefined ? '' : `; ${remedy}`}`);
}

/** Whether the service says that there is no such object; one that says so of the bucket is another matter. */
export function isMissing(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof S3ServiceError ? error.cause : error;
  return cause instanceof S3ServiceError && cause.status === 404 && cause.serviceCode !== 'NoSuchBucket';
}

/** Whatever was thrown on the way to `what`, as an `ArtifactError`. */
export function bucketError(place: string, what: string, error: unknown): ArtifactError {
  if (error instanceof ArtifactError) return error;
  const cause = error instanceof Error && error.cause instanceof S3ServiceError ? error.cause : error;
  if (cause instanceof S3ServiceError) {
    const said = cause.serviceCode === 'Unknown' ? '' : ` ${cause.serviceCode}`;
    return bucketFault(codeOf(cause.status, cause.serviceCode), place, `${what} was answered ${cause.status}${said}`);
  }
  const detail = `${what} failed: ${error instanceof Error ? error.message : String(error)}`;
  return bucketFault(error instanceof NetworkError ? 'ARTIFACTS_UNREACHABLE' : 'ARTIFACTS_FAILED', place, detail);
}
