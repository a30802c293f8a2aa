/** What a controller is made of, and what it does for its doors. */
import type { Clock, Log } from '../platform/ports.ts';
import type { BatchAnswer } from '../schemas/batch-answer.ts';
import type {
  BrokerStatus,
  Deployment,
  MessagesOrder,
  ReceiptOrder,
  Refusal,
  StatusDocument,
} from '../schemas/generated/types.ts';
import type { MessageBatch } from '../schemas/message-batch.ts';
import type { AccessRecords } from './access-records.ts';
import type { AuthorizeDevice } from './authority/authorization.ts';
import type { TakeNews } from './doors/http/news-route.ts';
import type { ReceiptOutcome } from './doors/http/receipt-routes.ts';
import type {
  BundledEvent,
  Carriage,
  ContactEvent,
  RequestEvent,
  ShadowRequestEvent,
  WithdrawalEvent,
} from './engine/events.ts';
import type { ActRefusal } from './engine/move-rollout.ts';
import type { DeviceOffer } from './engine/offers.ts';
import type { KeptAnswer, KeptRequest } from './engine/records.ts';
import type { RequestRefusal } from './engine/requests.ts';
import type { End } from './expiry/end.ts';
import type { Publisher, RevisionSource } from './following/follower-parts.ts';
import type { Acceptance } from './following/held-tip.ts';
import type { JudgedPlace } from './following/judged-place.ts';
import type { DesiredDevice, DesiredFleet } from './manifests/desired.ts';
import type { CarriedOutcome } from './messages/take-carried.ts';
import type { WatchedOutlet } from './messages/watched-outlet.ts';
import type { Readings } from './metrics/readings.ts';
import type { Asked } from './planning/rollout/act.ts';
import type { SmallerWays } from './publishing/smaller-ways.ts';
import type { ShadowMessage } from './shadow/protocol.ts';
import type { BlobCache } from './state/blob-cache.ts';
import type { StatePort } from './state/state-port.ts';
import type { StatusQuery } from './view/selection.ts';
import type { StatusInputs } from './view/status.ts';
import type { View } from './view/view.ts';

/** The other rooms. */
export interface ControllerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: RevisionSource;
  readonly publisher: Publisher;
  /** What makes deltas. */
  readonly deltas: Pick<SmallerWays, 'deltasTo' | 'onDeltas'>;
  readonly state: StatePort;
  readonly cache: BlobCache;
  readonly judged: JudgedPlace;
  /** Says something to a device; resolves when the broker has it. */
  readonly publish: (message: ShadowMessage) => Promise<void>;
  /** A DSSE envelope by the deployment key. */
  readonly sign: (deployment: Deployment) => string;
  /** The id of that key. */
  readonly keyId: string;
  /** Puts an envelope into the artifact store, where it is served under its digest; durable when it resolves. */
  readonly putBlob: (bytes: Uint8Array) => Promise<unknown>;
  /** Whether the broker tells who is connected. */
  readonly tellsConnections: boolean;
  /** Asks the broker to judge its connections again, the open ones too, by the devices that git names now. */
  readonly reauthorize: (devices: DesiredFleet['devices']) => void;
  /** Whether an external broker is there. */
  readonly brokerStatus?: () => BrokerStatus;
  /** Where what devices' applications say comes out. */
  readonly outlets?: readonly WatchedOutlet[];
  /** All trust that ends by itself, but the certificates of devices. */
  readonly ends?: () => readonly End[];
}

/** What a device was asked last, and what it answered. */
export interface AskedOf {
  readonly request?: KeptRequest;
  readonly answer?: KeptAnswer;
}

export interface Controller {
  /** Who may ask the API, and what they did. */
  readonly access: AccessRecords;
  /** Takes up what was in force, then follows the branch whenever `poll` is called. */
  start(): Promise<void>;
  /** Looks at the branch; calls during a look become one look after it. */
  poll(): Promise<void>;
  /** Looks because somebody says that the branch moved: a server that did not answer is asked again sooner. */
  pollAtPush(): Promise<void>;
  /** Takes a tip that is held back because the branch was rewritten. */
  acceptRevision(name: string): Promise<Acceptance>;
  /** All trust that ends by itself. */
  ends(): readonly End[];
  /** Does something to the rollout of a fleet; what it says instead is why it can't be done. */
  act(fleet: string, asked: Asked): Promise<ActRefusal | undefined>;
  /** Looks at all that is known at one moment, every row of which is as it should be. */
  inView<T>(look: (inputs: StatusInputs) => T | Promise<T>): Promise<T>;
  /** Throws `NothingThere` when there is no such thing as was asked for. */
  status(query?: StatusQuery): Promise<StatusDocument>;
  /** Where the branch stands, and why the state can't be used at present. */
  health(): Pick<Readings, 'source' | 'trouble'>;
  /** What is measured of it, as it is counted now. */
  readings(): Readings;
  /** What devices are offered now, `limit` of them at most. Throws as `status`. */
  offers(
    target: NonNullable<StatusQuery['target']>,
    limit: number,
  ): Promise<{ readonly devices: readonly DeviceOffer[]; readonly isMore: boolean }>;
  /** Records what is carried by hand to devices; durable when it resolves. */
  noteBundle(bundled: Omit<BundledEvent, 'kind'>): Promise<void>;
  /** Takes what a device said of itself under its key, and somebody brought; durable when it resolves. */
  takeReceipt(order: ReceiptOrder): Promise<ReceiptOutcome>;
  /** Asks something of a device, or takes that back; durable when it resolves, unless it is told why not. */
  askDevice(event: RequestEvent | WithdrawalEvent): Promise<RequestRefusal | undefined>;
  /** Where a device belongs that git names. */
  placeOf(device: string): Pick<DesiredDevice, 'fleet' | 'site'> | undefined;
  /** What a device was asked last, and what it answered. */
  requestOf(device: string): Promise<AskedOf>;
  /** Takes messages that were brought by hand; durable when it resolves. */
  takeMessages(order: MessagesOrder): Promise<CarriedOutcome>;
  /** Changes of what status shows, for who keeps up with them. */
  readonly changes: Pick<View, 'changeId' | 'changesSince' | 'listen' | 'row'>;
  /** Frees artifacts that nobody needs any more. */
  collectGarbage(): Promise<void>;
  /** Whether a file that is served is as it was written, where that is known. */
  isRightArtifact(file: string, bytes: Uint8Array | undefined): boolean;
  /** A file that is served is not what it was, or not there: it is put again where it is known what it was. */
  mendArtifact(file: string): Promise<void>;
  readonly authorize: AuthorizeDevice;
  readonly knowsDevice: (device: string) => boolean;
  readonly onRefusal: (refusal: Omit<Refusal, 'at'>) => void;
  /** A device asks its shadow for something. */
  readonly onRequest: (request: Omit<ShadowRequestEvent, 'kind'>) => void;
  /** A device without a session says how it is, and asks what is news to it. */
  readonly onNews: TakeNews;
  /** A device, or an application of it, has something to say; the answer is for the device. */
  readonly onBatch: (device: string, batch: MessageBatch, carried?: Carriage) => Promise<BatchAnswer | undefined>;
  /** A connection of a device opened or closed. */
  readonly onContact: (contact: Omit<ContactEvent, 'kind'>) => void;
  /** A device was given a certificate that ends at this time. */
  readonly onCertificate: (device: string, endsAt: number) => void;
  stop(): Promise<void>;
}
