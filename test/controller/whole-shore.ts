/** The controller over the real rooms: real planner, publisher and state; what it says to devices is written down. */
import { createController } from '../../controller/controller.ts';
import type { Controller } from '../../controller/controller-parts.ts';
import type { RevisionSource } from '../../controller/following/follower-parts.ts';
import { judgedPlace } from '../../controller/following/judged-place.ts';
import { ArtifactStore } from '../../controller/publishing/artifact-store.ts';
import { readControllerKeys } from '../../controller/publishing/authoring/key-files.ts';
import type { ArtifactFiles } from '../../controller/publishing/files/artifact-files.ts';
import { DirectoryFiles } from '../../controller/publishing/files/directory-files.ts';
import type { MakeReleaseDelta } from '../../controller/publishing/make-delta.ts';
import { OnlineMetadata } from '../../controller/publishing/online-metadata.ts';
import { RepositoryPublisher } from '../../controller/publishing/publisher.ts';
import { signDeployment } from '../../controller/publishing/sign-deployment.ts';
import { SmallerWays } from '../../controller/publishing/smaller-ways.ts';
import { keptTexts } from '../../controller/state/kept-texts.ts';
import { openSqliteBlobCache } from '../../controller/state/sqlite/sqlite-blob-cache.ts';
import { openSqliteState } from '../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort, StateWrite } from '../../controller/state/state-port.ts';
import { makeDirectoryDurably, writeFileDurably } from '../../platform/durable-file.ts';
import { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import type { Report, ShadowDesired } from '../../schemas/generated/types.ts';
import { brotliOnce, deltaOnce } from '../made-once.ts';
import { SimFleet } from '../sim/fleet.ts';
import { SimDisk } from '../sim/sim-disk.ts';
import { SimRepository } from '../sim/sim-repository.ts';

const start = Date.parse('2026-03-01T00:00:00Z');

const [keptDirectory, judgedName] = ['/kept', 'judged-tree'];
const judgedFile = `${keptDirectory}/${judgedName}`;

/** A cache that complains of nothing. */
export function openCache() {
  return openSqliteBlobCache(
    ':memory:',
    () => {},
    (error) => {
      throw error;
    },
  );
}

/** A fleet of two ships, and a shore whose disk and database outlive its controller. */
export function wholeShore() {
  const time = new SimTime(start);
  const random = new SimRandom(1);
  const fleet = new SimFleet(new SimRepository(), random, () => time.now);
  for (const [at, name] of ['aurora', 'borealis'].entries()) {
    const keyFingerprint = `SHA256:${String.fromCharCode(65 + at).repeat(43)}`;
    fleet.putDevice({ name, site: `${name}-site`, kind: 'ship', keyFingerprint, setting: 1 });
  }
  fleet.putDevice({
    name: 'truck',
    site: 'yard',
    kind: 'truck',
    keyFingerprint: `SHA256:${'C'.repeat(43)}`,
    setting: 1,
  });
  const disk = new SimDisk();
  for (const directory of ['/keys', keptDirectory]) makeDirectoryDurably(disk, directory);
  for (const name of ['snapshot', 'timestamp', 'deployment']) {
    writeFileDurably(disk, '/keys', `${name}.pem`, fleet.keyFile(name));
  }
  let state = openSqliteState(':memory:');
  /** All that was written into it, in order. */
  let written: (readonly StateWrite[])[] = [];
  const cache = openCache();
  /** Deployments as they are signed, and what was said to devices by the end of its topic. */
  const issued: string[] = [];
  const said: { readonly topic: string; readonly body: { readonly state?: { desired?: ShadowDesired } } }[] = [];
  const faults: { onCommit?: () => void; onSign?: () => void; onArtifacts?: () => void } = {};
  const withFaults = (files: ArtifactFiles): ArtifactFiles => {
    const checked = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      faults.onArtifacts?.();
      return work();
    };
    return {
      read: (path, bytesMax) => checked(() => files.read(path, bytesMax)),
      size: (path) => checked(() => files.size(path)),
      open: (path, range, signal) => files.open(path, range, signal),
      write: (path, bytes) => checked(() => files.write(path, bytes)),
      list: (folder, levels) => checked(() => files.list(folder, levels)),
      remove: (path) => checked(() => files.remove(path)),
    };
  };
  const faulty = (): StatePort => ({
    load: (take) => state.load(take),
    read: (keys) => state.read(keys),
    commit: async (writes) => {
      faults.onCommit?.();
      await state.commit(writes);
      written.push(writes);
    },
    close: () => state.close(),
  });
  const complaints: string[] = [];
  const warnings: string[] = [];
  /** What was told first of what is wrong with a revision. */
  const firsts: string[] = [];

  const boot = async (
    source: RevisionSource = fleet.repository.open(),
    makeDelta: MakeReleaseDelta = deltaOnce,
    itsCache = cache,
  ): Promise<Controller> => {
    const clock = time.clock({ alive: true });
    const heard: Readonly<Record<string, string[]>> = { error: complaints, warn: warnings };
    const log = {
      write: (level: string, event: string, fields: Readonly<Record<string, unknown>> = {}) => {
        heard[level]?.push(event);
        if (fields.first !== undefined) firsts.push(String(fields.first));
      },
    };
    const keys = readControllerKeys(disk, '/keys');
    const files = withFaults(new DirectoryFiles(disk, '/artifacts'));
    const artifacts = new ArtifactStore(files);
    const itsState = faulty();
    const memory = keptTexts(itsState, 'published', () => {});
    const online = new OnlineMetadata({ files, keys, memory, log, timestampLifetimeMs: 604_800_000 });
    const ways = new SmallerWays({ store: artifacts, compress: brotliOnce, makeDelta, log });
    const publisher = new RepositoryPublisher({ clock, store: artifacts, online, ways });
    const controller = await createController({
      ...{ clock, log, source, publisher, deltas: ways, state: itsState, cache: itsCache },
      judged: judgedPlace(disk, judgedFile, log),
      publish: async ({ topic, payload }) => {
        said.push({ topic: topic.split('/fleet/')[1]!, body: JSON.parse(new TextDecoder().decode(payload)) });
      },
      sign: (deployment) => {
        faults.onSign?.();
        issued.push(`${deployment.device} ${deployment.sequence}`);
        return signDeployment(deployment, keys.deployment);
      },
      keyId: keys.deployment.keyId,
      putBlob: (bytes) => artifacts.put(bytes),
      tellsConnections: true,
      reauthorize: () => {},
    });
    await settle(controller.start());
    return controller;
  };

  /** Lets everything happen that happens at this moment, until `work` is done. */
  const settle = async (work: Promise<void> = Promise.resolve()): Promise<void> => {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    do await time.runUntil(time.now);
    while (!isDone);
    await done;
    await time.runUntil(time.now);
  };
  const poll = (controller: Controller) => settle(controller.poll());
  const ask = async (controller: Controller, device: string, operation: 'get' | 'update', body: object = {}) => {
    controller.onRequest({ device, operation, payload: new TextEncoder().encode(JSON.stringify(body)) });
    await settle();
  };
  return {
    ...{ fleet, issued, said, complaints, warnings, firsts, boot, poll, settle, faults, time },
    /** An operator takes a tip that is held back. */
    async accept(controller: Controller, name: string) {
      const answer = controller.acceptRevision(name);
      await settle(answer.then(() => {}));
      return answer;
    },
    /** What a device is told that asks. */
    async desired(controller: Controller, device: string): Promise<ShadowDesired | undefined> {
      await ask(controller, device, 'get');
      return said.findLast(({ topic }) => topic.startsWith('get/'))?.body.state?.desired;
    },
    report: (controller: Controller, device: string, report: Report) =>
      ask(controller, device, 'update', { state: { reported: report } }),
    async shown(controller: Controller, device: string) {
      return (await controller.status()).devices.find(({ name }) => name === device);
    },
    /** What puts the state back as it is now. */
    backUp: () => {
      const kept = [...written];
      return async (): Promise<void> => {
        state = openSqliteState(':memory:');
        written = [...kept];
        for (const writes of kept) await state.commit(writes);
      };
    },
    loseDatabase: () => {
      state = openSqliteState(':memory:');
    },
    state: () => state,
    /** What was judged, as it is kept; undefined loses it. */
    changeJudged: (change: (bytes: Uint8Array) => Uint8Array | undefined) => {
      const bytes = change(disk.readFile(judgedFile));
      if (bytes === undefined) disk.remove(judgedFile);
      else writeFileDurably(disk, keptDirectory, judgedName, bytes);
    },
    /** What lies among the artifacts under that digest. */
    artifacts: new DirectoryFiles(disk, '/artifacts'),
  };
}
