/** The API as its document has it: every answer of a real controller is what `openapi.json` says, and the document is in order. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import test from 'ava';
import type { HttpRequest } from '../../../../platform/ports.ts';
import { type Operation, operations } from '../../../../schemas/api-operations.ts';
import openApi from '../../../../schemas/generated/open-api.json' with { type: 'json' };
import { ScenarioWorld } from '../../../scenarios/scenario-world.ts';
import { replay } from '../../../scenarios/transcript.ts';

const ready = `\`\`\`console
$ example harbor with waves
$ commit "A harbor"
$ controller starts
$ device aurora-bridge runs
$ device aurora-engine runs
$ device truck-7-cab lacks NO_LINK "no way out"
\`\`\`
`;

const world = new ScenarioWorld();
test.before(async () => void (await replay(ready, world)));
test.after.always(() => world.close());

async function ask(url: string, headers: Record<string, string> = {}, posted?: unknown) {
  const network = world.context(() => {}).openNetwork({});
  const authorization = 'Bearer known-to-the-scenario-only';
  const request: HttpRequest = {
    ...{ method: posted === undefined ? 'GET' : 'POST', url: `https://shore${url}` },
    headers: { authorization, ...headers },
    ...(posted !== undefined && { body: Buffer.from(JSON.stringify(posted)) }),
  };
  const answering = network.request(request, new AbortController().signal);
  // What is asked to be done is done when it is written.
  if (posted !== undefined) await world.later(1_000);
  const answer = await answering;
  let text = '';
  for await (const chunk of answer.body) text += Buffer.from(chunk).toString();
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(openApi, 'api');

/** What an answer is otherwise than the document says of an operation; undefined when it is as it says. */
function fault(name: keyof typeof operations, body: unknown): string | undefined {
  const operation: Operation = operations[name];
  const { path, method } = operation;
  const place = `${path.replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D')}/${method.toLowerCase()}`;
  const validate = ajv.getSchema(
    `api#/paths/${place}/responses/${operation.status ?? 200}/content/application~1json/schema`,
  );
  if (validate === undefined) return 'the document has no answer';
  return validate(body) === true ? undefined : ajv.errorsText(validate.errors);
}

test('the document of the API is OpenAPI 3.1, and is served as it lies there', async (t) => {
  const { valid, errors } = await new Validator().validate(structuredClone(openApi));
  t.true(valid, JSON.stringify(errors));
  t.deepEqual((await ask('/api/v1/openapi.json')).body, openApi);
});

const examples = {
  getStatus: '?target=fleet/ships&state=unknown',
  getSummary: '',
  listDevices: '?fleet=ships&sort=state&limit=2',
  getDevice: 'aurora-bridge',
  listFleets: '?limit=1',
  getFleet: 'ships',
  listSites: '',
  getSite: 'aurora',
  listRollouts: '',
  getRollout: 'ships',
  listReleases: '',
  getRevisions: '',
  listEvents: '?target=device/aurora-bridge',
  listRefusals: '',
  getTrust: '',
} as const;

test('each answer is what the document says of it, with an entity tag that spares asking again', async (t) => {
  const looks = Object.entries<Operation>(operations).filter(([, { hasTag }]) => hasTag);
  t.deepEqual(
    looks.map(([name]) => name),
    Object.keys(examples),
  );
  for (const [name, example] of Object.entries(examples)) {
    const { path } = operations[name as keyof typeof examples];
    const url = path.includes('{') ? path.replace(/\{\w+\}/, example) : path + example;
    const { status, headers, body } = await ask(url);
    t.is(status, 200, url);
    t.is(fault(name as keyof typeof examples, body), undefined, url);
    t.is((await ask(url, { 'if-none-match': headers.etag! })).status, 304, url);
  }
});

test('a token is made, listed and revoked as the document says, and in no other answer there is its secret', async (t) => {
  const made = await ask(
    '/api/v1/tokens',
    {},
    { name: 'ada', scope: 'operate', fleets: ['ships'], lifetimeSeconds: 60 },
  );
  t.deepEqual([made.status, fault('makeToken', made.body)], [201, undefined]);
  const authorization = `Bearer ${made.body.secret}`;
  t.is((await ask('/api/v1/fleets/ships', { authorization })).status, 200);
  t.like(await ask('/api/v1/tokens', { authorization }), { status: 403, body: { code: 'SCOPE_LACKING' } });
  const listed = await ask('/api/v1/tokens');
  t.is(fault('listTokens', listed.body), undefined);
  t.like(listed.body.tokens, [{ name: 'ada', state: 'counts', fleets: ['ships'], madeBy: 'installation' }]);
  t.false(JSON.stringify(listed.body).includes(made.body.secret.slice(6)));
  t.is(fault('revokeToken', (await ask('/api/v1/tokens/ada/revoke', {}, {})).body), undefined);
  t.like(await ask('/api/v1/fleets/ships', { authorization }), { status: 401, body: { code: 'TOKEN_REVOKED' } });
  t.like(await ask('/api/v1/tokens/eve/revoke', {}, {}), { status: 404, body: { code: 'TOKEN_UNKNOWN' } });
});

test('devices are found by where they are, how they are, what they run and how they are called', async (t) => {
  const found = async (query: string) =>
    (await ask(`/api/v1/devices?${query}`)).body.items.map(({ name }: { name: string }) => name);
  t.deepEqual(await found('fleet=trucks'), ['truck-7-cab']);
  t.deepEqual(await found('site=aurora'), ['aurora-bridge', 'aurora-engine']);
  t.deepEqual(await found('state=running'), ['aurora-bridge', 'aurora-engine']);
  t.deepEqual(await found('state=running,progressing&text=ENGINE'), ['aurora-engine']);
  t.deepEqual(await found('release=tide-logger/1.0.0'), ['aurora-bridge', 'aurora-engine']);
  t.deepEqual(await found('release=tide-logger/1.0'), []);
  t.deepEqual(await found('held=true'), []);
  t.deepEqual(await found('selector=kind%3Dballoon'), []);
  t.deepEqual((await ask('/api/v1/releases')).body.items.at(-1), { release: 'tide-logger/1.0.0', devices: 2 });
  const { total, tally } = (await ask('/api/v1/devices?fleet=ships&limit=1')).body;
  t.like({ total, ...tally }, { total: 4, desired: 4, running: 2, unknown: 2 });
});

test('every order of devices is walked page by page, each device once', async (t) => {
  for (const sort of ['name', 'state', 'contact']) {
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const cursor: string = next === undefined ? '' : `&cursor=${next}`;
      const { body } = await ask(`/api/v1/devices?sort=${sort}&limit=2${cursor}`);
      seen.push(...body.items.map(({ name }: { name: string }) => name));
      next = body.next;
    } while (next !== undefined && seen.length < 20);
    t.is(seen.length, 5, sort);
    t.deepEqual(seen.toSorted(), [...new Set(seen)].toSorted(), sort);
    if (sort === 'contact') t.deepEqual(seen.slice(0, 2), ['borealis-bridge', 'borealis-engine'], 'never heard');
    if (sort === 'state') t.deepEqual(seen.slice(-2), ['aurora-bridge', 'aurora-engine'], 'those that run are last');
  }
});

test('a question that makes no sense is refused with its parameter and what would do', async (t) => {
  const refusals = {
    '/api/v1/devices?state=well': /^state "well" is not one or more of failed,dark/,
    '/api/v1/devices?sort=age': /^sort "age" is none of name, state, contact$/,
    '/api/v1/devices?limit=1001': /^limit "1001" is no number from 1 to 1000$/,
    '/api/v1/devices?cursor=x': /^cursor "x" is not of a list in the order of name/,
    '/api/v1/devices?release=tide': /^release "tide" is not NAME\/VERSION$/,
    '/api/v1/devices?flet=ships': /^nobody knows the parameter "flet"; there are fleet, site/,
    '/api/v1/devices?selector=a%20in%20(': /^selector: /,
    '/api/v1/events': /^target undefined is not device\/NAME or fleet\/NAME$/,
    '/api/v1/trust?x=1': /^nobody knows the parameter "x"/,
  };
  for (const [url, message] of Object.entries(refusals)) {
    const { status, body } = await ask(url);
    t.is(status, 400, url);
    t.is(body.code, 'BAD_QUERY');
    t.regex(body.message, message);
  }
  t.like(await ask('/api/v1/devices/nobody'), { status: 404, body: { code: 'NOTHING_THERE' } });
  t.like(await ask('/api/v1/rollouts/boats'), { status: 404, body: { code: 'NOTHING_THERE' } });
});
