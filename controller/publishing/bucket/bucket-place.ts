import type { ArtifactsConfiguration } from '../../../schemas/generated/types.ts';

/** Where a bucket is, and as whom. */
export interface BucketPlace {
  /** URL of the service. */
  readonly endpoint: string;
  readonly bucket: string;
  /** What begins the name of every object, without the slash behind it; empty where the bucket is ours alone. */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** `s3://BUCKET/PREFIX` and what goes with it; undefined where no bucket is configured. */
export function bucketPlace(configuration: ArtifactsConfiguration | undefined): BucketPlace | undefined {
  const { url, endpoint, region = 'us-east-1', accessKeyId = '', secretAccessKey = '' } = configuration ?? {};
  if (url === undefined) return undefined;
  const [bucket = '', ...prefix] = url.slice('s3://'.length).split('/');
  return {
    endpoint: endpoint ?? `https://s3.${region}.amazonaws.com`,
    ...{ bucket, prefix: prefix.join('/'), region, accessKeyId, secretAccessKey },
  };
}
