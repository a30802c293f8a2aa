/** The HTTPS door, and what it answers. */
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { startHttpServer } from '../../platform/node/http-server.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { ReturningDevices } from '../../platform/node/returning-devices.ts';
import type { HttpHandler } from '../../platform/ports.ts';
import { certificateIdentity } from '../../schemas/certificate-identity.ts';
import type { BundleOrder } from '../../schemas/generated/types.ts';
import type { WhoAsks } from '../access/caller.ts';
import { Challenges } from '../authority/challenges.ts';
import { enrol } from '../authority/enrolment.ts';
import { renew } from '../authority/renewal.ts';
import { authorizeSubscribers, isSubscriber } from '../authority/subscribers.ts';
import { type BundleWorld, bundleDevicesMax, makeBundle } from '../bundles/make-bundle.ts';
import { OrderedBundles } from '../bundles/ordered-bundles.ts';
import type { Controller } from '../controller-parts.ts';
import { deviceRequests } from '../device-requests.ts';
import { ConnectionsFull, connectionsMax } from '../doors/connection-room.ts';
import { fairHandshakes } from '../doors/fair-handshakes.ts';
import { callerLimits } from '../doors/http/admit.ts';
import { brokerForAgents } from '../doors/http/broker-for-agents.ts';
import { byTokens } from '../doors/http/credentials.ts';
import { enrolmentLimits } from '../doors/http/enrolment-limits.ts';
import { newsLimits } from '../doors/http/news-route.ts';
import { pageOnce } from '../doors/http/page-routes.ts';
import { ParcelBounds } from '../doors/http/parcel-route.ts';
import { standByApi } from '../doors/http/readiness.ts';
import { renewalLimits } from '../doors/http/renewal-routes.ts';
import { bodyBytesFor, createApi } from '../doors/http/router.ts';
import type { Watched } from '../doors/http/watch-door.ts';
import type { TakePart } from '../doors/part-outcome.ts';
import { serveArtifacts } from '../publishing/serve-artifacts.ts';
import { signBundle, signRequest, signTime } from '../publishing/sign-deployment.ts';
import type { StatePlace } from '../state/leadership.ts';
import type { Broker } from './broker.ts';
import type { Ground } from './ground.ts';
import type { Serving } from './serving.ts';

/** What bundles the page is loaded with the first question for it. */
const loadPage = pageOnce(async () => (await import('./bundle-page.ts')).bundlePage());

/** Devices that may come back without their certificate: 45 MB. */
const returningMax = 100_000;

/** What this door answers, and to whom. */
interface Api {
  readonly api: HttpHandler;
  readonly whoAsks: WhoAsks;
}

/** The HTTPS door, open before this controller leads. `serve` has it answer for the one that does. */
export async function openHttps(ground: Ground, place: StatePlace) {
  const { configuration, log, authority, identity, guard, room } = ground;
  const full = new ConnectionsFull(room.https, connectionsMax.https);
  let handler = standByApi(() => place.leader());
  let bodyBytesOf = bodyBytesFor(ground.whoAsks);
  const server = await startHttpServer({
    host: configuration.http!.host!,
    port: configuration.http!.port!,
    certificate: identity.certificate,
    key: identity.key,
    authority: authority.certificate,
    identify: certificateIdentity,
    returning: new ReturningDevices({ clock, devicesMax: returningMax }),
    handler: (request, peer, signal) => handler(request, peer, signal),
    bodyBytesMax: (head) => bodyBytesOf(head),
    onFailure: (subject, error) => guard.tell('http', subject, error),
    connectionsMax: room.https,
    onTurnedAway: (address) => guard.tell('http', address, full),
    beforeHandshakes: (listener) =>
      fairHandshakes(listener, { clock, onTurnedAway: (address, error) => guard.tell('http', address, error) }),
    log,
  });
  const serve = ({ api, whoAsks }: Api): void => {
    handler = api;
    bodyBytesOf = bodyBytesFor(whoAsks);
  };
  return { server, serve };
}

/** The door, opened. */
export type HttpsDoor = Awaited<ReturnType<typeof openHttps>>;

function targetOf({ site, device }: BundleOrder) {
  return site === undefined ? ({ kind: 'device', name: device! } as const) : ({ kind: 'site', name: site } as const);
}

/** What bundles are made with, besides files. */
function bundling(
  { keys }: Ground,
  controller: Controller,
  ordered: OrderedBundles,
): Omit<BundleWorld, 'files' | 'isRight'> {
  return {
    nowMs: () => clock.now(),
    offers: (order) => controller.offers(targetOf(order), bundleDevicesMax),
    sign: (statement) => signBundle(statement, keys.deployment),
    expect: (lease, bundle) => ordered.add(lease, bundle),
  };
}

/** What is opened besides, and answers here too. */
interface OpenedDoors extends Watched {
  readonly messages: TakePart;
}

/** What a controller that leads answers. */
export function openApi(
  ground: Ground,
  controller: Controller,
  serving: Serving,
  { embedded, url, messages, readMetrics, readiness }: Pick<Broker, 'embedded' | 'url'> & OpenedDoors,
): Api {
  const { configuration, authority, guard, keys } = ground;
  const { authorize, onRefusal, access } = controller;
  const whoAsks = byTokens(ground.whoAsks, access.tokens);
  const onIssued = (name: string, endsAt: number): void => {
    if (!isSubscriber(name)) controller.onCertificate(name, endsAt);
  };
  const mayEnrol = authorizeSubscribers(configuration.channels?.mqtt?.subscribers ?? [], authorize);
  const { webhookSecret } = configuration.source;
  const ordered = new OrderedBundles();
  const monotonic = (): number => clock.monotonic();
  const challenges = new Challenges({ random: nodeRandom, monotonic });
  const renewals = renewalLimits(monotonic);
  const api = createApi({
    artifacts: serveArtifacts(serving.parts),
    fillParcel: serving.fill,
    ...{ news: controller.onNews, messages },
    newsLimits: newsLimits(monotonic),
    parcelBounds: new ParcelBounds(monotonic),
    inView: (look) => controller.inView(look),
    changes: controller.changes,
    clock,
    acceptRevision: (name) => controller.acceptRevision(name),
    makeBundle: (order) =>
      makeBundle(order, { ...serving.parts, ...bundling(ground, controller, ordered) }).catch(serving.inTrouble),
    noteBundle: (lease) => ordered.written(lease, (bundle) => controller.noteBundle(bundle)),
    takeReceipt: controller.takeReceipt,
    takeMessages: controller.takeMessages,
    actOnRollout: ({ fleet, ...asked }) => controller.act(fleet, asked),
    enrol: (request, address) => enrol({ authority, authorize: mayEnrol, onRefusal, onIssued }, request, address),
    makeChallenge: () => challenges.make(),
    renew: (request, address) =>
      renew(
        {
          ...{ challenges, authority, authorize, onRefusal, onIssued },
          signTime: (statement) => signTime(statement, keys.deployment),
          nowMs: () => clock.now(),
          mayRenew: (device) => renewals.take(device),
        },
        request,
        address,
      ),
    brokerForAgents: () => brokerForAgents(url(), embedded !== undefined),
    notifyPush: () => void guard.run('http', 'webhook', () => controller.pollAtPush()),
    enrolments: enrolmentLimits(monotonic),
    readiness,
    ...{ authorize, onRefusal, whoAsks, readMetrics, loadPage },
    ...(webhookSecret === undefined ? {} : { webhookSecret }),
    ...{ ...access, random: nodeRandom },
    requests: deviceRequests(
      { clock, random: nodeRandom, sign: (request) => signRequest(request, keys.deployment) },
      controller,
    ),
    callerLimits: callerLimits(monotonic),
  });
  return { api, whoAsks };
}
