/**
 * The contract of `/api/v1`: every operation with its path, who may call it, what it takes and what it answers. The controller's
 * routes are made by it, and so is the OpenAPI document (`open-api.ts`): what is not here does not exist.
 */

/** A parameter of a query, of text as JSON Schema bounds it. */
export interface Parameter {
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface Operation {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The scope that a caller needs. */
  readonly for: 'view' | 'operate' | 'admin';
  /** Who is limited to fleets or sites may call it, and sees or does what is theirs. */
  readonly judgesLimits?: true;
  readonly summary: string;
  readonly query?: Readonly<Record<string, Parameter>>;
  /** Of the body: a schema, and what in it. */
  readonly takes?: string;
  /** Of the answer; absent where it is a stream of server-sent events. */
  readonly answers?: string;
  /** Of an answer that went well; 200 where it is not said. */
  readonly status?: 201 | 202;
  /** There is one that has an entity tag: asked with `If-None-Match` it is 304 while nothing changed. */
  readonly hasTag?: true;
}

const text = { type: 'string', maxLength: 1024 };
const yes = { type: 'string', const: 'true' };

const filters = {
  state: {
    description: 'One or more of failed, dark, unknown, progressing, running, removed, with commas between them.',
    schema: text,
  },
  text: { description: 'In the name, fleet, site or a label (as key=value), whatever the case.', schema: text },
  release: { description: 'NAME/VERSION that devices reported to run.', schema: text },
  held: {
    description: 'Whether their manifests hold them now.',
    schema: { type: 'string', enum: ['true', 'false'] },
  },
  wave: { description: "A wave of their fleet's rollout.", schema: text },
  selector: { description: 'Labels, as `kind=ship,region in (north, south)`.', schema: text },
} as const;

const limit = {
  description: 'How many at most.',
  schema: { type: 'integer', minimum: 1, maximum: 1000, default: 1000 },
} as const;

const page = { limit, cursor: { description: '`next` of the page before.', schema: text } } as const;

const view = { method: 'GET', for: 'view', judgesLimits: true } as const;

/** All of them, by the name that documents and clients know them by. */
export const operations = {
  getStatus: {
    ...view,
    path: '/api/v1/status',
    summary: 'All that is known at one moment; of more than 200 devices those that are not well.',
    query: {
      target: { description: '`fleet/NAME`, `site/NAME` or `device/NAME`.', schema: text },
      devices: {
        description: 'Names of at most 100 devices, with commas.',
        schema: { type: 'string', maxLength: 6400 },
      },
      ...filters,
      limit: { ...limit, description: 'All devices, so many a page.' },
      after: { description: '`next` of the page before.', schema: text },
      events: { description: 'With what happened on each device.', schema: yes },
      rows: {
        description: 'With what the controller decides by, as it keeps it; not for who is limited.',
        schema: yes,
      },
    },
    answers: 'status.schema.json',
    hasTag: true,
  },
  getSummary: {
    ...view,
    path: '/api/v1/summary',
    summary: 'As the status, with counts in place of devices.',
    answers: 'status.schema.json',
    hasTag: true,
  },
  listDevices: {
    ...view,
    path: '/api/v1/devices',
    summary: 'Devices by filters, in an order, page by page.',
    query: {
      fleet: { description: 'Of this fleet.', schema: text },
      site: { description: 'At this site.', schema: text },
      ...filters,
      sort: {
        description: 'name; state: the worst first; contact: silent for longest first.',
        schema: { type: 'string', enum: ['name', 'state', 'contact'], default: 'name' },
      },
      ...page,
    },
    answers: 'view.schema.json#/$defs/DevicePage',
    hasTag: true,
  },
  getDevice: {
    ...view,
    path: '/api/v1/devices/{name}',
    summary: 'One device with its report, and what happened on it.',
    answers: 'status.schema.json#/$defs/DeviceStatus',
    hasTag: true,
  },
  listFleets: {
    ...view,
    path: '/api/v1/fleets',
    summary: 'Fleets by name, each with its counts and where its rollout is.',
    query: page,
    answers: 'view.schema.json#/$defs/FleetPage',
    hasTag: true,
  },
  getFleet: {
    ...view,
    path: '/api/v1/fleets/{name}',
    summary: 'One fleet, with the past of its rollouts and by when who is silent is expected.',
    answers: 'status.schema.json#/$defs/FleetStatus',
    hasTag: true,
  },
  listSites: {
    ...view,
    path: '/api/v1/sites',
    summary: 'Sites by name, each with its counts.',
    query: page,
    answers: 'view.schema.json#/$defs/SitePage',
    hasTag: true,
  },
  getSite: {
    ...view,
    path: '/api/v1/sites/{name}',
    summary: 'One site.',
    answers: 'status.schema.json#/$defs/SiteStatus',
    hasTag: true,
  },
  listRollouts: {
    ...view,
    path: '/api/v1/rollouts',
    summary: 'Where each fleet that has waves is on its way.',
    query: page,
    answers: 'view.schema.json#/$defs/RolloutPage',
    hasTag: true,
  },
  getRollout: {
    ...view,
    path: '/api/v1/rollouts/{fleet}',
    summary: 'The rollout of one fleet, with what was done to it, what happened, and those before it.',
    answers: 'status.schema.json#/$defs/RolloutStatus',
    hasTag: true,
  },
  listReleases: {
    ...{ method: 'GET', path: '/api/v1/releases', for: 'view' },
    summary: 'Which releases run, on how many devices; `listDevices` with `release` tells which.',
    query: page,
    answers: 'view.schema.json#/$defs/ReleasePage',
    hasTag: true,
  },
  getRevisions: {
    ...view,
    path: '/api/v1/revisions',
    summary: 'Where the branch is: what is in force, and what is wrong with the newest commit.',
    answers: 'view.schema.json#/$defs/RevisionsAnswer',
    hasTag: true,
  },
  listEvents: {
    ...view,
    path: '/api/v1/events',
    summary: 'What happened on a device, or to the rollout of a fleet.',
    query: { target: { description: '`device/NAME` or `fleet/NAME`; needed.', schema: text } },
    answers: 'view.schema.json#/$defs/EventsAnswer',
    hasTag: true,
  },
  listRefusals: {
    ...view,
    path: '/api/v1/refusals',
    summary: 'Who knocked and was not let in.',
    answers: 'view.schema.json#/$defs/RefusalsAnswer',
    hasTag: true,
  },
  getTrust: {
    ...view,
    path: '/api/v1/trust',
    summary: 'The key of deployments, and trust that comes to its end.',
    answers: 'view.schema.json#/$defs/TrustAnswer',
    hasTag: true,
  },
  followChanges: {
    ...view,
    path: '/api/v1/changes',
    summary:
      'Changes as server-sent events: `{device, state}`, or without a device where it is about none. With `Last-Event-ID` from there on; the event `reset` says that too much was missed.',
  },
  acceptRevision: {
    ...{ method: 'POST', path: '/api/v1/source/accept', for: 'admin' },
    summary: 'Takes a commit that is held back because the branch was rewritten.',
    takes: 'view.schema.json#/$defs/RevisionToAccept',
    answers: 'view.schema.json#/$defs/AcceptedRevision',
    status: 202,
  },
  actOnRollout: {
    ...{ method: 'POST', path: '/api/v1/rollouts/act', for: 'operate', judgesLimits: true },
    summary: 'Pauses, resumes, approves, aborts or tries again.',
    takes: 'rollout-act.schema.json',
    answers: 'view.schema.json#/$defs/Done',
  },
  makeBundle: {
    ...{ method: 'POST', path: '/api/v1/bundles', for: 'operate' },
    summary: 'What is signed of a bundle that is carried by hand, and which files it needs.',
    takes: 'bundle-order.schema.json',
    answers: 'bundle-answer.schema.json',
  },
  noteBundle: {
    ...{ method: 'POST', path: '/api/v1/bundles/written', for: 'operate' },
    summary: 'Puts a bundle that was written on record.',
    takes: 'view.schema.json#/$defs/WrittenBundle',
    answers: 'view.schema.json#/$defs/Recorded',
  },
  takeReceipt: {
    ...{ method: 'POST', path: '/api/v1/receipts', for: 'operate' },
    summary: 'Takes what a device said of itself under its key, and somebody carried.',
    takes: 'receipt-order.schema.json',
    answers: 'view.schema.json#/$defs/TakenReceipt',
  },
  takeMessages: {
    ...{ method: 'POST', path: '/api/v1/receipts/messages', for: 'operate' },
    summary: 'Takes messages of applications that somebody carried.',
    takes: 'messages-order.schema.json',
    answers: 'view.schema.json#/$defs/TakenMessages',
  },
  getCaller: {
    ...view,
    path: '/api/v1/caller',
    summary: 'Who asks, and what they may do.',
    answers: 'view.schema.json#/$defs/CallerAnswer',
  },
  getRequest: {
    ...{ method: 'GET', path: '/api/v1/devices/{name}/requests', for: 'view', judgesLimits: true },
    summary: 'What a device was asked for last, and what it answered.',
    answers: 'request-status.schema.json',
  },
  askDevice: {
    ...{ method: 'POST', path: '/api/v1/devices/{name}/requests', for: 'operate', judgesLimits: true },
    summary: 'Asks a device for the log of an application, or a diagnosis, as its links allow.',
    takes: 'request-order.schema.json',
    answers: 'request-status.schema.json#/$defs/RequestStatus',
    status: 202,
  },
  withdrawRequest: {
    ...{ method: 'POST', path: '/api/v1/devices/{name}/requests/{id}/withdraw', for: 'operate', judgesLimits: true },
    summary: 'Takes back what a device was asked for and has not answered.',
    answers: 'request-status.schema.json#/$defs/RequestStatus',
  },
  listAudit: {
    ...{ method: 'GET', path: '/api/v1/audit', for: 'admin' },
    summary:
      'What was done over the API and who was refused, oldest first, each entry with the digest of the one before.',
    query: {
      after: { description: 'Entries behind this number.', schema: { type: 'integer', minimum: 0, default: 0 } },
      limit: { ...limit, schema: { ...limit.schema, minimum: 0 } },
    },
    answers: 'audit.schema.json',
  },
  listTokens: {
    ...{ method: 'GET', path: '/api/v1/tokens', for: 'admin' },
    summary: 'Named tokens, those that ended lately among them; never their secrets.',
    answers: 'token-list.schema.json',
  },
  makeToken: {
    ...{ method: 'POST', path: '/api/v1/tokens', for: 'admin' },
    summary: 'Makes a named token, and tells its secret this once.',
    takes: 'token-order.schema.json',
    answers: 'token-made.schema.json',
    status: 201,
  },
  revokeToken: {
    ...{ method: 'POST', path: '/api/v1/tokens/{name}/revoke', for: 'admin' },
    summary: 'Has a named token count no more.',
    answers: 'token-list.schema.json#/$defs/TokenStatus',
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof operations;
