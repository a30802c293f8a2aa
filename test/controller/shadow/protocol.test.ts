import test from 'ava';
import fc from 'fast-check';
import {
  absentShadow,
  difference,
  type Json,
  type JsonObject,
  mergeState,
  type Shadow,
  shadowDelta,
} from '../../../controller/shadow/document.ts';
import { stateBytesMax } from '../../../controller/shadow/limits.ts';
import { applyRequest, rejectRequest, stateBytes } from '../../../controller/shadow/protocol.ts';
import { parseRequest } from '../../../controller/shadow/request.ts';
import { parseRequestTopic } from '../../../controller/shadow/topics.ts';

const prefix = '$aws/things/buoy-1/shadow/name/fleet/';
const nowMs = 1_700_000_000_500;
const timestamp = 1_700_000_000;
const empty = { state: {}, metadata: {} };

const bytes = (value: unknown): Uint8Array =>
  value instanceof Uint8Array
    ? value
    : new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

function ask(shadow: Shadow | undefined, operation: string, body: unknown, at = nowMs) {
  const asked = parseRequestTopic(prefix + operation);
  if (asked === undefined) throw new Error(`${operation} is not a request`);
  const { device } = asked;
  const parsed = parseRequest(bytes(body), asked.operation === 'update');
  const outcome =
    parsed.kind === 'request'
      ? applyRequest(device, shadow ?? absentShadow, asked.operation, parsed.request, at)
      : rejectRequest(device, asked.operation, parsed.rejection, at, parsed.token);
  const messages = outcome.messages.map(({ topic, payload }) => ({
    topic: topic.slice(prefix.length),
    body: JSON.parse(new TextDecoder().decode(payload)),
  }));
  return { ...outcome, messages, topics: messages.map(({ topic }) => topic) };
}

/** Applies updates in order, each of which must be accepted. */
function shadowOf(...states: object[]): Shadow {
  let shadow: Shadow | undefined;
  for (const state of states) {
    const { next } = ask(shadow, 'update', { state });
    if (next === undefined) throw new Error('not accepted');
    shadow = next;
  }
  return shadow!;
}

test('the first update makes version 1 and tells accepted, delta and documents in this order', (t) => {
  const { next, messages } = ask(undefined, 'update', { state: { desired: { a: 1 } }, clientToken: 'x' });
  t.is(next?.version, 1);
  t.deepEqual(messages, [
    {
      topic: 'update/accepted',
      body: {
        state: { desired: { a: 1 } },
        metadata: { desired: { a: { timestamp } } },
        version: 1,
        timestamp,
        clientToken: 'x',
      },
    },
    {
      topic: 'update/delta',
      body: { version: 1, timestamp, state: { a: 1 }, metadata: { a: { timestamp } }, clientToken: 'x' },
    },
    {
      topic: 'update/documents',
      body: {
        current: { state: { desired: { a: 1 } }, metadata: { desired: { a: { timestamp } } }, version: 1 },
        timestamp,
        clientToken: 'x',
      },
    },
  ]);
});

test('documents show the state before and after a change', (t) => {
  const { messages } = ask(shadowOf({ reported: { a: 1 } }), 'update', { state: { reported: { a: 2 } } });
  const documents = messages.at(-1)?.body;
  t.deepEqual(documents.previous.state, { reported: { a: 1 } });
  t.is(documents.previous.version, 1);
  t.deepEqual(documents.current.state, { reported: { a: 2 } });
  t.is(documents.current.version, 2);
});

test('get tells desired, reported and the delta between them', (t) => {
  const shadow = shadowOf({ desired: { a: 1, b: { c: 1, d: 2 } } }, { reported: { b: { c: 1 } } });
  const { messages, next } = ask(shadow, 'get', { clientToken: 'g' });
  t.is(next, undefined);
  t.deepEqual(messages[0]?.topic, 'get/accepted');
  t.deepEqual(messages[0]?.body.state, {
    desired: { a: 1, b: { c: 1, d: 2 } },
    reported: { b: { c: 1 } },
    delta: { a: 1, b: { d: 2 } },
  });
  t.is(messages[0]?.body.version, 2);
  t.is(messages[0]?.body.clientToken, 'g');
});

test('an empty payload is a get', (t) => {
  t.deepEqual(ask(shadowOf({ desired: { a: 1 } }), 'get', '').topics, ['get/accepted']);
});

test('null deletes a field, and a section that is left without fields', (t) => {
  const shadow = shadowOf({ desired: { a: 1, b: 2 } }, { desired: { a: null } });
  t.deepEqual(shadow.state, { desired: { b: 2 } });
  t.deepEqual(Object.keys(shadow.metadata.desired ?? {}), ['b']);
  t.deepEqual(ask(shadow, 'update', { state: { desired: { b: null } } }).next?.state, {});
  t.deepEqual(ask(shadow, 'update', { state: { desired: null } }).next?.state, {});
});

test('arrays replace as a whole, objects merge, a changed field gets its own time', (t) => {
  const first = shadowOf({ reported: { list: [1, 2], deep: { a: 1, b: 1 } } });
  const { next } = ask(first, 'update', { state: { reported: { list: [3], deep: { b: 2 } } } }, nowMs + 5000);
  t.deepEqual(next?.state.reported, { list: [3], deep: { a: 1, b: 2 } });
  t.deepEqual(next?.metadata.reported, {
    list: [{ timestamp: timestamp + 5 }],
    deep: { a: { timestamp }, b: { timestamp: timestamp + 5 } },
  });
});

test('a report that leaves what is still to do as it was sends no delta again', (t) => {
  const shadow = shadowOf({ desired: { sequence: 1, envelope: 'long' } });
  const report = { state: { reported: { phase: 'fetching' } } };
  t.deepEqual(ask(shadow, 'update', report).topics, ['update/accepted', 'update/documents']);
  const part = { state: { reported: { sequence: 1 } } };
  t.deepEqual(ask(shadow, 'update', part).topics, ['update/accepted', 'update/delta', 'update/documents']);
  const all = { state: { reported: { sequence: 1, envelope: 'long' } } };
  t.deepEqual(ask(shadow, 'update', all).topics, ['update/accepted', 'update/documents']);
});

test('delete keeps the version, so that the next shadow of this name goes on from it', (t) => {
  const shadow = shadowOf({ desired: { a: 1 } }, { desired: { a: 2 } });
  const removed = ask(shadow, 'delete', '');
  t.deepEqual(removed.messages, [{ topic: 'delete/accepted', body: { version: 2, timestamp } }]);
  t.is(ask(removed.next, 'get', '').rejection?.code, 404);
  t.is(ask(removed.next, 'delete', '').rejection?.code, 404);
  const again = ask(removed.next, 'update', { state: { desired: { a: 3 } } });
  t.is(again.next?.version, 3);
  t.is(again.messages.at(-1)?.body.previous, undefined, 'a deleted shadow is no previous document');
});

test('an update with the current version is accepted, with any other it is a conflict', (t) => {
  const shadow = shadowOf({ desired: { a: 1 } });
  t.is(ask(shadow, 'update', { state: { desired: { a: 2 } }, version: 1 }).next?.version, 2);
  const conflict = ask(shadow, 'update', { state: { desired: { a: 2 } }, version: 2, clientToken: 'c' });
  t.is(conflict.next, undefined);
  t.deepEqual(conflict.messages, [
    { topic: 'update/rejected', body: { code: 409, message: 'Version conflict', timestamp, clientToken: 'c' } },
  ]);
});

const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) });

const refusals: readonly [string, unknown, number, string][] = [
  ['no JSON', '{', 400, 'Invalid JSON'],
  ['an empty update', '', 400, 'Invalid JSON'],
  ['an array', '[]', 400, 'Invalid JSON'],
  ['no state', {}, 400, 'Missing required node: state'],
  ['a state that is text', { state: 'x' }, 400, 'State node must be an object'],
  ['a desired list', { state: { desired: [] } }, 400, 'Desired node must be an object'],
  ['a reported number', { state: { reported: 1 } }, 400, 'Reported node must be an object'],
  ['a fractional version', { state: {}, version: 1.5 }, 400, 'Invalid version'],
  ['a version that is text', { state: {}, version: '1' }, 400, 'Invalid version'],
  ['a client token that is a number', { state: {}, clientToken: 1 }, 400, 'Invalid clientToken'],
  ['a client token of 65 bytes', { state: {}, clientToken: 'x'.repeat(65) }, 400, 'Invalid clientToken'],
  ['a null in a list', { state: { desired: { a: [null] } } }, 400, 'State contains an invalid node'],
  ['a prototype', '{"state":{"desired":{"__proto__":{"a":1}}}}', 400, 'State contains an invalid node'],
  ['a number without end', '{"state":{"desired":{"a":1e999}}}', 400, 'State contains an invalid node'],
  ['nine levels', { state: { desired: nested(9) } }, 400, 'JSON contains too many levels of nesting; maximum is 8'],
  [
    'more than 8 KB of state',
    { state: { desired: { a: 'x'.repeat(8192) } } },
    413,
    'The payload exceeds the maximum size allowed',
  ],
  ['a request of 16 KB', `{"state":{}}${' '.repeat(16_384)}`, 413, 'The payload exceeds the maximum size allowed'],
  [
    'bytes that are not UTF-8',
    new Uint8Array([0x7b, 0xff, 0x7d]),
    415,
    'Unsupported documented encoding; supported encoding is UTF-8',
  ],
];

for (const [name, body, code, message] of refusals) {
  test(`an update with ${name} is rejected with ${code}`, (t) => {
    const outcome = ask(undefined, 'update', body);
    t.is(outcome.next, undefined);
    t.deepEqual(outcome.topics, ['update/rejected']);
    t.like(outcome.messages[0]?.body, { code, message, timestamp });
  });
}

test('eight levels and exactly 8 KB are accepted', (t) => {
  t.is(ask(undefined, 'update', { state: { desired: nested(8) } }).next?.version, 1);
  const frame = Buffer.byteLength(JSON.stringify({ desired: { a: '' } }));
  const fits = ask(undefined, 'update', { state: { desired: { a: 'x'.repeat(stateBytesMax - frame) } } });
  t.is(fits.next === undefined ? 0 : stateBytes(fits.next), stateBytesMax);
});

test('topics that ask nothing of a shadow fleet are no requests', (t) => {
  for (const topic of [
    `${prefix}update/accepted`,
    `${prefix}updates`,
    '$aws/things/buoy-1/shadow/get',
    '$aws/things/buoy-1/shadow/name/other/get',
    '$aws/things/a/b/shadow/name/fleet/get',
    '$aws/things/+/shadow/name/fleet/get',
    '$aws/things/Buoy/shadow/name/fleet/get',
  ]) {
    t.is(parseRequestTopic(topic), undefined, topic);
  }
});

const key = fc.constantFrom('a', 'b', 'c', 'constructor', 'toString');
const { value: anyValue } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom('', 'x', true),
    fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
    tie('object'),
  ),
  object: fc.dictionary(key, tie('value'), { maxKeys: 3 }),
}));
const anyState = fc.dictionary(key, anyValue, { maxKeys: 4 });
const anyChange = fc.dictionary(key, fc.oneof(anyValue, fc.constant(null)), { maxKeys: 4 });
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a device that reports its delta has nothing left to do', (t) => {
  fc.assert(
    fc.property(anyState, anyState, (desired, reported) => {
      const wanted = mergeState(empty, desired, 1);
      const delta = difference(wanted, reported);
      if (delta === undefined) return;
      const caughtUp = mergeState(mergeState(empty, reported, 1), delta.state, 2);
      t.is(difference(wanted, caughtUp.state), undefined);
    }),
  );
});

test('a device that reports exactly what is desired has no delta', (t) => {
  fc.assert(
    fc.property(anyState, (state) => {
      const wanted = mergeState(empty, state, 1);
      t.is(difference(wanted, wanted.state), undefined);
    }),
  );
});

test('metadata always has the shape of the state', (t) => {
  const shapeOf = (value: Json): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shapeOf(item)]))
      : 'leaf';
  const shapeOfMetadata = (value: Json): unknown =>
    Array.isArray(value) || typeof (value as { timestamp?: unknown }).timestamp === 'number'
      ? 'leaf'
      : Object.fromEntries(Object.entries(value as JsonObject).map(([name, item]) => [name, shapeOfMetadata(item)]));
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 4 }), (changes) => {
      const merged = changes.reduce(
        (base, change) => mergeState(base, change, 1),
        empty as ReturnType<typeof mergeState>,
      );
      t.deepEqual(shapeOfMetadata(merged.metadata), shapeOf(merged.state));
      t.notRegex(JSON.stringify(merged.state), /null/);
    }),
  );
});

test('whatever is asked: versions only grow by one, the state never exceeds 8 KB, the delta is always the difference', (t) => {
  const section = fc.oneof(anyChange, fc.constant({ big: 'x'.repeat(5000) }), fc.constant(null));
  const request = fc.record(
    {
      operation: fc.constantFrom('update', 'update', 'update', 'get', 'delete'),
      state: fc.record({ desired: section, reported: section }, { requiredKeys: [] }),
      version: fc.integer({ min: 0, max: 5 }),
    },
    { requiredKeys: ['operation', 'state'] },
  );
  fc.assert(
    fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
      let shadow: Shadow | undefined;
      for (const { operation, ...body } of requests) {
        const before = JSON.stringify(shadow);
        const { next, messages } = ask(shadow, operation, body);
        t.is(JSON.stringify(shadow), before, 'the old shadow is not touched');
        if (next === undefined) continue;
        t.is(next.version, (shadow?.version ?? 0) + (operation === 'update' ? 1 : 0));
        t.true(stateBytes(next) <= stateBytesMax);
        const delta = messages.find(({ topic }) => topic === 'update/delta');
        if (delta !== undefined) t.deepEqual(delta.body.state, plain(shadowDelta(next)?.state));
        shadow = next;
      }
    }),
  );
});

test('no bytes make the service fail', (t) => {
  fc.assert(
    fc.property(fc.constantFrom('get', 'update', 'delete'), fc.uint8Array({ maxLength: 200 }), (operation, payload) => {
      t.is(ask(undefined, operation, payload).topics.length, 1);
    }),
  );
});
