/** Where revisions come from, and where what devices fetch goes. */
import * as fs from 'node:fs';
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { nodeDisk as disk } from '../../platform/node/disk.ts';
import { openNetwork } from '../../platform/node/network.ts';
import { nodeThreads } from '../../platform/node/threads.ts';
import type { Programs } from '../../platform/ports.ts';
import type { ControllerConfiguration } from '../../schemas/generated/types.ts';
import { type JudgedPlace, judgedPlace } from '../following/judged-place.ts';
import { ArtifactStore } from '../publishing/artifact-store.ts';
import { BucketFiles } from '../publishing/bucket/bucket-files.ts';
import { bucketPlace } from '../publishing/bucket/bucket-place.ts';
import { brotliInBackground } from '../publishing/compress.ts';
import type { ArtifactFiles } from '../publishing/files/artifact-files.ts';
import { DirectoryFiles } from '../publishing/files/directory-files.ts';
import { filesWhileLeading } from '../publishing/files/files-while-leading.ts';
import { condenseInBackground, deltaInBackground } from '../publishing/make-delta.ts';
import { OnlineMetadata } from '../publishing/online-metadata.ts';
import { RepositoryPublisher } from '../publishing/publisher.ts';
import { SmallerWays } from '../publishing/smaller-ways.ts';
import { allowedSignersFile } from '../source/judge-tip.ts';
import { openSource } from '../source/open-source.ts';
import type { BlobCache } from '../state/blob-cache.ts';
import { keptTexts } from '../state/kept-texts.ts';
import type { Term } from '../state/leadership.ts';
import { openSqliteBlobCache } from '../state/sqlite/sqlite-blob-cache.ts';
import { assertLeading } from '../state/while-leading.ts';
import type { StateDirectory } from '../state-directory.ts';
import { type Ground, textOf } from './ground.ts';

/** The repository that is configured. */
export function openGitSource({ configuration, state, log }: Ground, programs: Pick<Programs, 'run'>) {
  const { url, branch, token, requireSignature, rewrites } = configuration.source;
  const options = {
    ...{ url, branch: branch!, rewrites: rewrites!, mirrorDirectory: state.mirror },
    ...(token === undefined ? {} : { token }),
    ...(requireSignature === undefined ? {} : { allowedSigners: allowedSignersFile(url, requireSignature, textOf) }),
  };
  const network = openNetwork(() => ({}));
  return openSource(options, { fs, network, clock, log, programs, threads: nodeThreads });
}

/** What it holds can be read again: trouble with it is told once, and ends nothing. */
export function openCache({ state, log }: Ground): BlobCache {
  let isTold = false;
  const onTrouble = (error: unknown): void => {
    log.write(isTold ? 'debug' : 'warn', 'cache.failed', { error: String(error) });
    isTold = true;
  };
  const remove = (): void => {
    for (const end of ['', '-wal', '-shm']) disk.remove(`${state.cache}${end}`);
  };
  return openSqliteBlobCache(state.cache, remove, onTrouble);
}

/** As much may be lost. */
export function openJudged({ state, log }: Ground): JudgedPlace {
  return judgedPlace(disk, state.judged, log);
}

/** In a bucket where one is configured, else in a directory. */
function openFiles({ artifacts }: ControllerConfiguration, state: StateDirectory): ArtifactFiles {
  const place = bucketPlace(artifacts);
  if (place === undefined) return new DirectoryFiles(disk, state.artifacts);
  const identity = artifacts?.ca === undefined ? {} : { ca: textOf(artifacts.ca) };
  return new BucketFiles({ ...place, network: openNetwork(() => identity), clock });
}

/** The artifact store and all that fills it; nothing is written there once the lead is in doubt. */
export function openPublishing({ configuration, state, log, keys }: Ground, term: Term) {
  const files = filesWhileLeading(openFiles(configuration, state), () => assertLeading(term));
  const store = new ArtifactStore(files);
  const timestampLifetimeMs = configuration.metadataExpiryHours! * 3_600_000;
  const onTrouble = (error: unknown): void => log.write('warn', 'publishing.not-remembered', { error: String(error) });
  const memory = keptTexts(term.state, 'published', onTrouble);
  const online = new OnlineMetadata({ files, keys, memory, log, timestampLifetimeMs });
  const ways = new SmallerWays({
    store,
    compress: brotliInBackground,
    makeDelta: deltaInBackground(nodeThreads),
    condense: condenseInBackground(nodeThreads),
    log,
  });
  return { files, store, online, ways, publisher: new RepositoryPublisher({ clock, store, online, ways }) };
}
