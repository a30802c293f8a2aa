/** The controller of the simulated world: every room real, over a disk and a database that outlive its process. */
import { encodeDelta } from '../../artifact/delta/encode.ts';
import { Challenges } from '../../controller/authority/challenges.ts';
import type { RenewalAnswer, RenewalRequest } from '../../controller/authority/renewal.ts';
import { bundleDevicesMax, makeBundle } from '../../controller/bundles/make-bundle.ts';
import { OrderedBundles } from '../../controller/bundles/ordered-bundles.ts';
import { createController } from '../../controller/controller.ts';
import type { Controller } from '../../controller/controller-parts.ts';
import { deviceRequests } from '../../controller/device-requests.ts';
import { createGuard } from '../../controller/doors/guard.ts';
import { byInstallationToken } from '../../controller/doors/http/credentials.ts';
import { createApi } from '../../controller/doors/http/router.ts';
import { openMessageDoor } from '../../controller/doors/mqtt/message-door.ts';
import { ParcelDoor } from '../../controller/doors/mqtt/parcel-door.ts';
import { openShadowDoor } from '../../controller/doors/mqtt/shadow-door.ts';
import type { TakePart } from '../../controller/doors/part-outcome.ts';
import { judgedPlace } from '../../controller/following/judged-place.ts';
import { fleetFamilies } from '../../controller/metrics/fleet-families.ts';
import { ArtifactStore } from '../../controller/publishing/artifact-store.ts';
import { readControllerKeys } from '../../controller/publishing/authoring/key-files.ts';
import { ArtifactError, type ArtifactFiles } from '../../controller/publishing/files/artifact-files.ts';
import { DirectoryFiles } from '../../controller/publishing/files/directory-files.ts';
import { fillParcel } from '../../controller/publishing/fill-parcel.ts';
import { keepFresh } from '../../controller/publishing/keep-fresh.ts';
import type { MakeReleaseDelta } from '../../controller/publishing/make-delta.ts';
import { OnlineMetadata } from '../../controller/publishing/online-metadata.ts';
import { RepositoryPublisher } from '../../controller/publishing/publisher.ts';
import { type ServingParts, serveArtifacts } from '../../controller/publishing/serve-artifacts.ts';
import { signBundle, signDeployment, signRequest, signTime } from '../../controller/publishing/sign-deployment.ts';
import { SmallerWays } from '../../controller/publishing/smaller-ways.ts';
import type { BlobCache } from '../../controller/state/blob-cache.ts';
import { keptTexts } from '../../controller/state/kept-texts.ts';
import { openSqliteBlobCache } from '../../controller/state/sqlite/sqlite-blob-cache.ts';
import { openSqliteState } from '../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../controller/state/state-port.ts';
import type { StatusQuery } from '../../controller/view/selection.ts';
import { makeDirectoryDurably, writeFileDurably } from '../../platform/durable-file.ts';
import type { Clock, HttpHandler, HttpResponse, Log } from '../../platform/ports.ts';
import type { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { keyFingerprint } from '../../schemas/key-fingerprint.ts';
import { isProven } from '../../schemas/key-proof.ts';
import { unpackBatch } from '../../schemas/message-batch.ts';
import { brotliOnce, deltasOnce } from '../made-once.ts';
import type { Checkers } from './checkers.ts';
import type { Fate } from './disk-crash.ts';
import type { SimFleet } from './fleet.ts';
import type { SimBroker } from './sim-bus.ts';
import { keyInRequest, type SimAuthority } from './sim-certificates.ts';
import { PowerCut, SimDisk } from './sim-disk.ts';
import { diskOf, guarded, type ProcessLife } from './sim-process.ts';
import { threadEnded } from './sim-repository.ts';
import { Countdown, type StateFaults, stateOf } from './sim-store.ts';
import type { Trace } from './trace.ts';

const pollMs = 60_000;
const artifacts = '/artifacts';
const keysDirectory = '/keys';
const metadataExpiryMs = 7 * 24 * 3_600_000;

/** A real patch at little effort: how small it is changes nothing that a simulation looks at, and took most of its time. */
const lightDelta = deltasOnce(async (old, fresh) => encodeDelta(old, fresh, { effort: 'fast', light: true }));

export interface ControllerWorld {
  readonly time: SimTime;
  readonly trace: Trace;
  readonly checkers: Checkers;
  readonly broker: SimBroker;
  readonly fleet: SimFleet;
  readonly fingerprintOf: (device: string) => string;
  readonly authority: SimAuthority;
}

export class SimController {
  readonly disk = new SimDisk();
  /** How wrong its clock is, in milliseconds. */
  skewMs = 0;
  readonly #world: ControllerWorld;
  readonly #countdown = new Countdown();
  readonly stateFaults: StateFaults = { isFull: false, failures: 0 };
  /** The deployment key can't be used. */
  cannotSign = false;
  /** The thread dies that makes a delta. */
  threadDies = false;
  #state: StatePort | undefined;
  #cache: BlobCache | undefined;
  #life: ProcessLife = { alive: false, onEnd: () => {} };
  #controller: Controller | undefined;
  #handler: HttpHandler | undefined;
  /** Called when its process is gone, whoever ended it. */
  onDown: () => void = () => {};

  constructor(world: ControllerWorld) {
    this.#world = world;
    makeDirectoryDurably(this.disk, keysDirectory);
    for (const name of ['snapshot', 'timestamp', 'deployment']) {
      writeFileDurably(this.disk, keysDirectory, `${name}.pem`, world.fleet.keyFile(name));
    }
  }

  get alive(): boolean {
    return this.#life.alive;
  }

  /** What operators are shown; undefined while it is down. */
  async status(query: StatusQuery = {}): Promise<StatusDocument | undefined> {
    return this.alive ? this.#controller?.status(query) : undefined;
  }

  start(): void {
    const life: ProcessLife = { alive: true, onEnd: () => this.#ended('controller-end') };
    this.#life = life;
    this.#world.trace.write('controller-start', '');
    this.#run(life).catch((error: unknown) => {
      if (life.alive) this.#world.checkers.fail(`the controller does not start: ${error}`);
    });
  }

  async #run(life: ProcessLife): Promise<void> {
    const { time, broker, fleet } = this.#world;
    const clock = time.clock(life, () => this.skewMs);
    const disk = diskOf(life, this.disk);
    this.#state ??= openSqliteState(':memory:');
    this.#cache ??= openSqliteBlobCache(
      ':memory:',
      () => {},
      (error) => this.#world.checkers.fail(`the cache complains: ${error}`),
    );
    const state = stateOf(life, this.#state, this.#countdown, this.stateFaults);
    const log = this.#log(life);
    const keys = readControllerKeys(disk, keysDirectory);
    const files = new DirectoryFiles(disk, artifacts);
    const store = new ArtifactStore(files);
    const timestampLifetimeMs = metadataExpiryMs;
    const memory = keptTexts(state, 'published', () => {});
    const online = new OnlineMetadata({ files, keys, memory, log, timestampLifetimeMs });
    const makeDelta: MakeReleaseDelta = (...task) =>
      this.threadDies ? Promise.reject(new Error(threadEnded)) : lightDelta(...task);
    const ways = new SmallerWays({ store, compress: brotliOnce, makeDelta, log });
    const publisher = new RepositoryPublisher({ clock, store, online, ways });
    const authorize = (device: string): boolean =>
      controller.authorize(device, this.#world.fingerprintOf(device)) === 'ok';
    const bus = broker.start(life, authorize);
    const controller = await createController({
      ...{ clock, log, publisher, deltas: ways, state, cache: this.#cache, source: fleet.repository.open() },
      judged: judgedPlace(disk, '/judged-tree', log),
      publish: ({ topic, payload }) => bus.publish(topic, payload),
      sign: (deployment) => {
        if (this.cannotSign) throw new Error('the deployment key can not be used');
        this.#world.checkers.signed(deployment);
        return signDeployment(deployment, keys.deployment);
      },
      keyId: keys.deployment.keyId,
      putBlob: (bytes) => store.put(bytes),
      tellsConnections: true,
      reauthorize: () => broker.reauthorize(),
    });
    this.#controller = controller;
    await controller.start();
    broker.onConnection((contact) => guarded(life, () => controller.onContact(contact)));
    const guard = createGuard({ clock, log });
    const parcels = new ParcelDoor({
      ...{ clock, knows: controller.knowsDevice },
      fill: (request) => fillParcel(request, { files, isRight: (...file) => controller.isRightArtifact(...file) }),
      say: ({ topic, payload }) => bus.publish(topic, payload),
    });
    await openShadowDoor({ bus, guard, take: controller.onRequest, order: parcels.receive });
    const messages = await openMessageDoor({
      ...{ bus, guard, clock, knows: controller.knowsDevice, onRefusal: controller.onRefusal },
      say: ({ topic, payload }) => bus.publish(topic, payload),
      take: async (device, batch) => {
        const answer = await controller.onBatch(device, batch);
        if (answer !== undefined && 'taken' in answer) this.#world.checkers.logbooks.taken(device, batch);
        return answer;
      },
    });
    broker.listen();
    this.#serve(life, clock, files, controller, messages);
    keepFresh(online, clock, log);
    await this.#follow(life, clock, controller);
  }

  #serve(life: ProcessLife, clock: Clock, files: ArtifactFiles, controller: Controller, messages: TakePart): void {
    const ordered = new OrderedBundles();
    const random = new SimRandom(this.#world.time.now);
    const challenges = new Challenges({ random, monotonic: () => clock.monotonic() });
    const deploymentKey = readControllerKeys(diskOf(life, this.disk), keysDirectory).deployment;
    const isRight: ServingParts['isRight'] = (file, bytes) => controller.isRightArtifact(file, bytes);
    const api = createApi({
      fillParcel: (request) => fillParcel(request, { files, isRight }),
      artifacts: serveArtifacts({
        ...{ files, clock, isRight },
        onDamaged: (file) => controller.mendArtifact(file),
        onTrouble: (error) => this.#world.checkers.fail(`artifacts are not served: ${error}`),
      }),
      news: async (device, asked) => {
        const answer = await controller.onNews(device, asked);
        if (answer !== undefined) this.#world.checkers.asked(device);
        return answer;
      },
      messages,
      inView: (look) => controller.inView(look),
      changes: controller.changes,
      ...{ ...controller.access, clock, random },
      requests: deviceRequests({ clock, random, sign: (request) => signRequest(request, deploymentKey) }, controller),
      enrol: async () => ({ kind: 'refused', code: 'NO_ENROLMENT', message: 'every device has its key here' }),
      makeChallenge: () => challenges.make(),
      renew: async (asked) => this.#renew(clock, controller, challenges, asked),
      acceptRevision: (name) => controller.acceptRevision(name),
      makeBundle: (order) =>
        makeBundle(order, {
          ...{ files, isRight, nowMs: () => clock.now(), sign: (statement) => signBundle(statement, deploymentKey) },
          offers: ({ site, device }) =>
            controller.offers(
              site === undefined ? { kind: 'device', name: device! } : { kind: 'site', name: site },
              bundleDevicesMax,
            ),
          expect: (lease, bundle) => ordered.add(lease, bundle),
        }).catch((error: unknown) => {
          if (!(error instanceof ArtifactError)) throw error;
          return undefined;
        }),
      noteBundle: (lease) => ordered.written(lease, (bundle) => controller.noteBundle(bundle)),
      takeReceipt: async (order) => {
        const outcome = await controller.takeReceipt(order);
        if (outcome.kind === 'taken') this.#world.checkers.carried(outcome.device, Date.parse(outcome.madeAt));
        return outcome;
      },
      takeMessages: async (order) => {
        const outcome = await controller.takeMessages(order);
        if (outcome.kind === 'taken') {
          const batch = unpackBatch(Buffer.from(order.messages.batch, 'base64'));
          this.#world.checkers.logbooks.taken(outcome.device, batch);
        }
        return outcome;
      },
      actOnRollout: ({ fleet, ...asked }) => controller.act(fleet, asked),
      notifyPush: () => {},
      authorize: controller.authorize,
      onRefusal: controller.onRefusal,
      readiness: () => ({ faults: {} }),
      readMetrics: () => fleetFamilies(controller.readings()),
      whoAsks: byInstallationToken('simulated'),
    });
    this.#handler = async (request, peer, signal) => guardedResponse(life, await api(request, peer, signal));
  }

  /** As the authority does, whose library would have every run be another. */
  #renew(clock: Clock, controller: Controller, challenges: Challenges, asked: RenewalRequest): RenewalAnswer {
    const { device, challenge, csr, signature } = asked;
    const publicKey = keyInRequest(csr);
    const key = keyFingerprint(Buffer.from(publicKey, 'base64'));
    const isRight = isProven(asked, { publicKey, signature }) && controller.authorize(device, key) === 'ok';
    if (!isRight || !challenges.spend(challenge)) return { kind: 'refused' };
    const certificate = this.#world.authority.issue(device, key);
    controller.onCertificate(device, certificate.endsAt);
    const { deployment } = readControllerKeys(this.disk, keysDirectory);
    const time = signTime({ device, challenge, at: new Date(clock.now()).toISOString() }, deployment);
    return { kind: 'renewed', certificate: JSON.stringify(certificate), authority: '', time };
  }

  async #follow(life: ProcessLife, clock: Clock, controller: Controller): Promise<void> {
    while (life.alive) {
      await controller.poll();
      await clock.sleep(pollMs);
    }
  }

  #log(life: ProcessLife): Log {
    return {
      write: (level, event, fields) => {
        if (!life.alive) return;
        const { trace, checkers } = this.#world;
        const { error } = fields ?? {};
        // What can't be written does not happen, and the controller goes on: that is told, and checked by what becomes of the fleet.
        if (event === 'state.not-written') return trace.write(event, String(fields?.code));
        if (error instanceof Error && error.message === threadEnded) return trace.write('thread-ended', event);
        if (event === 'state.row-set-aside')
          checkers.fail(`it wrote a row that it does not read: ${fields?.key} ${fields?.reason}`);
        if (level === 'error' && !(error instanceof PowerCut))
          checkers.fail(`the controller complains of ${event}: ${error}`);
        if (event === 'revision.adopted' || event === 'revision.refused') trace.write(event, String(fields?.revision));
      },
    };
  }

  /** The server as devices reach it; undefined while it is down. */
  get server(): HttpHandler | undefined {
    return this.alive ? this.#handler : undefined;
  }

  #ended(how: string): void {
    const { trace, broker } = this.#world;
    this.#life.alive = false;
    this.#handler = undefined;
    this.#countdown.clear();
    broker.stop();
    trace.write(how, '');
    this.onDown();
  }

  /** Its process ends after so many changes of the disk or of the database. */
  endAfter(where: 'disk' | 'database', changes: number): void {
    if (where === 'disk') this.disk.crashAfter(changes);
    else this.#countdown.set(changes);
  }

  /** Its process is killed. */
  kill(): void {
    if (this.alive) this.#ended('controller-kill');
  }

  /** While it is down: its database is gone. */
  loseDatabase(): void {
    this.#world.trace.write('database-lost', '');
    this.#state = undefined;
  }

  /** After its end: what the disk had not synced is settled, if the machine lost its power too. */
  settle(fate: Fate | undefined): void {
    if (fate !== undefined) this.disk.crash(fate);
    this.disk.restart();
  }
}

/** An answer that breaks off when the server's process ends. */
function guardedResponse(life: ProcessLife, response: HttpResponse): HttpResponse {
  async function* body(): AsyncGenerator<Uint8Array> {
    for await (const chunk of response.body) {
      guarded(life, () => {});
      yield chunk;
    }
  }
  return { ...response, body: body() };
}
