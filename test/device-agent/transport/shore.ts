/** The other end of an agent's lines: the controller's own authority, broker, shadow service and API, on real sockets. */

import { mkdtempSync, rmSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Tokens } from '../../../controller/access/tokens.ts';
import { openAuthority } from '../../../controller/authority/authority.ts';
import type { AuthorizeDevice, OnRefusal } from '../../../controller/authority/authorization.ts';
import { Challenges } from '../../../controller/authority/challenges.ts';
import { enrol as answerEnrolment } from '../../../controller/authority/enrolment.ts';
import { renew as answerRenewal } from '../../../controller/authority/renewal.ts';
import { brokerForAgents } from '../../../controller/doors/http/broker-for-agents.ts';
import { byInstallationToken } from '../../../controller/doors/http/credentials.ts';
import { errorAnswer } from '../../../controller/doors/http/json-answer.ts';
import { renewalLimits } from '../../../controller/doors/http/renewal-routes.ts';
import { bodyBytesMax, createApi } from '../../../controller/doors/http/router.ts';
import { type EmbeddedBroker, startEmbeddedBroker } from '../../../controller/doors/mqtt/embedded/broker.ts';
import { signTime } from '../../../controller/publishing/sign-deployment.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../../controller/state/state-port.ts';
import { type Enrolment, enrol } from '../../../device-agent/enrol.ts';
import { DeviceIdentityStore, keyInManifest } from '../../../device-agent/enrol-identity.ts';
import { type HearTime, type RenewalByKeyOptions, renewByKey } from '../../../device-agent/renew-by-key.ts';
import { AwsShadowLink } from '../../../device-agent/transport/aws-shadow-link.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { startHttpServer } from '../../../platform/node/http-server.ts';
import { openNetwork } from '../../../platform/node/network.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { nodeRelays } from '../../../platform/node/relay.ts';
import type { Clock, Log, Random, Relays } from '../../../platform/ports.ts';
import { certificateIdentity } from '../../../schemas/certificate-identity.ts';
import { quietGuard } from '../../controller/doors/scene.ts';
import { openEngineOn } from '../../controller/engine/test-engine.ts';
import { keyOf } from '../shore.ts';

const log = { write: () => {} };

/** What a link is made with besides the usual. */
interface LinkPorts {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  readonly relays?: Relays;
  readonly authorityText?: () => string;
  readonly host?: string;
}

/** A name that the shore has, and to which no name server leads. */
export const namelessHost = 'shore.invalid';

/** The engine behind one broker, for as long as a test wants it to listen. */
class ShoreShadows {
  readonly #bus: EmbeddedBroker;
  readonly #named: ReadonlyMap<string, string>;
  readonly #state: StatePort;
  #made: Awaited<ReturnType<typeof openEngineOn>> | undefined;

  constructor(bus: EmbeddedBroker, named: ReadonlyMap<string, string>, state: StatePort) {
    this.#bus = bus;
    this.#named = named;
    this.#state = state;
  }

  async start(): Promise<void> {
    this.#made = await openEngineOn(this.#bus, this.#named, this.#state);
  }

  /** What the device said last, as it was taken in. */
  reported(device: string): unknown {
    return this.#made?.observe(device).report;
  }

  async setDesired(device: string, { sequence, envelope }: { sequence: number; envelope: string }): Promise<void> {
    await this.#made?.desire(device, sequence, envelope);
  }

  async stop(): Promise<void> {
    await this.#made?.engine.stop();
  }
}

/** A controller without its loop; `named` is what git would say: key fingerprints by device. */
export async function openShore(t: ExecutionContext, address = '127.0.0.1') {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-shore-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const named = new Map<string, string>();
  const authorize: AuthorizeDevice = (device, fingerprint) =>
    named.get(device) === fingerprint
      ? 'ok'
      : { code: 'KEY_NOT_NAMED', message: `git does not name this key for ${device}` };
  const ports = { disk: nodeDisk, clock: nodeClock, random: nodeRandom };
  /** Where its broker is said to be. */
  const brokerPlace = '0.0.0.0:18883';
  const authority = await openAuthority({ ...ports, directory: join(directory, 'authority') });
  const identity = await authority.serverIdentity(['localhost', namelessHost, address]);
  const refusals: Parameters<OnRefusal>[0][] = [];
  const onRefusal: OnRefusal = (refusal) => refusals.push(refusal);
  const startBroker = (port: number): Promise<EmbeddedBroker> =>
    startEmbeddedBroker({
      host: address,
      port,
      identity,
      authority: authority.certificate,
      authorize,
      onRefusal,
      guard: quietGuard,
      clock: nodeClock,
      log,
    });
  const state = openSqliteState(join(directory, 'state.db'));
  t.teardown(() => state.close());
  const challenges = new Challenges({ random: nodeRandom, monotonic: () => nodeClock.monotonic() });
  const renewalLimit = renewalLimits(() => nodeClock.monotonic());
  const renewals = {
    ...{ challenges, authority, authorize, onRefusal, onIssued: () => {}, nowMs: () => nodeClock.now() },
    signTime: (statement: object) => signTime(statement, keyOf('deployment')),
    mayRenew: (device: string) => renewalLimit.take(device),
  };
  const handler = createApi({
    artifacts: async () => errorAnswer(404, 'NOT_FOUND', 'there are none'),
    requests: {
      ...{ placeOf: () => undefined, requestOf: async () => ({}) },
      ...{ askDevice: async () => undefined, withdrawRequest: async () => undefined },
    },
    fillParcel: async () => undefined,
    news: async () => undefined,
    messages: async () => ({ kind: 'heard' }),
    inView: async () => {
      throw new Error('there is no view');
    },
    changes: {
      changeId: 0,
      changesSince: () => [],
      listen: () => ({ [Symbol.dispose]: () => {} }),
      row: () => undefined,
    },
    clock: nodeClock,
    enrol: (request, from) => answerEnrolment({ authority, authorize, onRefusal, onIssued: () => {} }, request, from),
    makeChallenge: () => challenges.make(),
    renew: (request, from) => answerRenewal(renewals, request, from),
    acceptRevision: async () => ({ kind: 'not-held', message: 'not here' }),
    makeBundle: async () => undefined,
    noteBundle: async () => false,
    takeReceipt: async () => ({ kind: 'refused', code: 'NOT_HERE', message: 'not here' }),
    takeMessages: async () => ({ kind: 'refused', code: 'NOT_HERE', message: 'not here' }),
    actOnRollout: async () => ({ code: 'NO_ROLLOUT', message: 'not here' }),
    notifyPush: () => {},
    ...{ tokens: new Tokens([], { now: () => 0, keep: async () => {}, note: () => {} }), random: nodeRandom },
    readAudit: async () => ({ first: 1, last: 0, entries: [] }),
    brokerForAgents: () => brokerForAgents(`mqtts://${brokerPlace}`, true),
    authorize,
    onRefusal,
    readiness: () => ({ faults: {} }),
    readMetrics: () => [],
    whoAsks: byInstallationToken('token-of-the-test'),
  });
  const server = await startHttpServer({
    connectionsMax: 1_000,
    host: address,
    port: 0,
    ...identity,
    authority: authority.certificate,
    identify: certificateIdentity,
    handler,
    bodyBytesMax: () => bodyBytesMax,
    onFailure: () => {},
    log,
  });
  t.teardown(() => server.close());
  const openShadows = (bus: EmbeddedBroker) => new ShoreShadows(bus, named, state);
  const url = `https://${isIPv6(address) ? `[${address}]` : address}:${server.port}`;
  /** A device with a key of its own, and one try to get it a certificate. */
  const newDevice = (device: string) => {
    const identityStore = new DeviceIdentityStore(nodeDisk, join(directory, device));
    const network = openNetwork(() => ({ ca: authority.certificate }));
    const tryEnrol = (): Promise<Enrolment> =>
      enrol({ device, controller: url, identity: identityStore, network }, AbortSignal.timeout(10_000));
    /** One try to renew it by its key alone, and what was told of the time. */
    const renew = async (more: Partial<RenewalByKeyOptions> = {}) => {
      const times: [envelope: string, challenge: string, askedMsAgo: number][] = [];
      const hearTime: HearTime = (...told) => times.push(told);
      const asked = { device, controller: url, identity: identityStore, network, hearTime };
      const monotonic = (): number => nodeClock.monotonic();
      return { ...(await renewByKey({ ...asked, monotonic, ...more }, AbortSignal.timeout(10_000))), times };
    };
    return {
      renew,
      identity: identityStore,
      fingerprint: keyInManifest(identityStore.key()).keyFingerprint,
      enrol: tryEnrol,
    };
  };
  /** A device that git names and that has its certificate. */
  const enrolledDevice = async (device: string) => {
    const made = newDevice(device);
    named.set(device, made.fingerprint);
    t.is((await made.enrol()).kind, 'enrolled');
    return made;
  };
  const openLink = (
    device: string,
    port: number,
    identityStore: DeviceIdentityStore,
    { authorityText = () => authority.certificate, host = address, ...ports }: LinkPorts = {},
  ): AwsShadowLink => {
    const link = new AwsShadowLink({
      room: () => ({ descriptors: 1000, threads: 1000 }),
      device,
      host,
      port,
      keepAliveSeconds: 30,
      // What was never answered keeps the test's process for this long.
      answerSecondsMax: 3,
      identity: () => {
        const texts = identityStore.texts();
        return texts && { ca: authorityText(), ...texts };
      },
      ...{ clock: nodeClock, random: nodeRandom, relays: nodeRelays, log },
      ...ports,
    });
    t.teardown(() => link.stop());
    return link;
  };
  return {
    directory,
    url,
    named,
    refusals,
    authority,
    renewals,
    startBroker,
    openShadows,
    newDevice,
    enrolledDevice,
    openLink,
  };
}
