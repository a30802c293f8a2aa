/** What the page shows, as far as it needs no browser. */
import test from 'ava';
import fc from 'fast-check';
import { attentionOf } from '../../../controller/page/attention.ts';
import { eventReader } from '../../../controller/page/event-stream.ts';
import { commandsFor } from '../../../controller/page/palette.ts';
import { ago, bytes, count, span } from '../../../controller/page/quantities.ts';
import { actionsOf } from '../../../controller/page/rollout-actions.ts';
import { hashOf, parseRoute, type ShownRoute } from '../../../controller/page/shown-route.ts';
import { silenceBars } from '../../../controller/page/silences.ts';
import type { RolloutStatus, StatusDocument } from '../../../schemas/generated/types.ts';

test('the page tells times, bytes and counts in as few words as say something', (t) => {
  t.deepEqual([0, 8_000, 130_000, 9_600_000, 1_036_800_000].map(span), ['0 s', '8 s', '2 min', '2 h 40 min', '12 d']);
  t.deepEqual([912, 4_100, 12_000_000].map(bytes), ['912 B', '4.1 kB', '12 MB']);
  t.is(count(20_000), '20\u2009000');
  t.is(ago('2026-01-01T00:00:05Z', Date.parse('2026-01-01T00:00:04Z')), 'now');
});

test('every address of the page is read back as what it is of', (t) => {
  const name = fc.string({ minLength: 1 });
  const routes: fc.Arbitrary<ShownRoute> = fc.oneof(
    fc.record({ kind: fc.constant('device' as const), name }),
    fc.record({ kind: fc.constant('rollout' as const), fleet: name }),
    fc.record({ kind: fc.constant('devices' as const), query: fc.record({ text: name, state: name }) }),
  );
  t.notThrows(() => fc.assert(fc.property(routes, (route) => t.deepEqual(parseRoute(hashOf(route)), route))));
  for (const odd of ['#/device/%E0%A4%A', '#/nowhere/x', '']) t.deepEqual(parseRoute(odd), { kind: 'fleet' });
});

test('events are the same wherever the stream of changes is cut', (t) => {
  const text = ': hello\n\nid: 7\ndata: {"device":"a"}\n\nid: 9\nevent: reset\ndata: {}\n\n';
  const whole = eventReader()(text);
  t.deepEqual(
    whole.map(({ id, event }) => [id, event]),
    [
      ['7', 'message'],
      ['9', 'reset'],
    ],
  );
  for (let cut = 0; cut <= text.length; cut += 1) {
    const read = eventReader();
    t.deepEqual([...read(text.slice(0, cut)), ...read(text.slice(cut))], whole);
  }
  t.throws(() => eventReader()('x'.repeat(100_000)), { message: /without an end/ });
});

const rollout = {
  ...{ number: 2, state: 'running', revision: 'a'.repeat(40), subject: 'more', target: '', startedAt: '', wave: 1 },
  waves: [{ name: 'canary', state: 'open', counts: {} }],
  reason: { code: 'GATE_HOLDS', message: 'soaks' },
} as unknown as RolloutStatus;

test('what can not be done to a rollout is shown with the reason', (t) => {
  const reasons = (one: RolloutStatus) =>
    Object.fromEntries(actionsOf(one).map((action) => [action.label, action.disabledReason]));
  t.like(reasons(rollout), {
    Pause: undefined,
    Abort: undefined,
    Resume: 'it is running',
    'Approve wave': 'the open wave waits for no approval',
  });
  const asks = { ...rollout, waves: [{ ...rollout.waves[0]!, approve: 'before' as const }], good: 'b' };
  t.like(reasons(asks), { 'Approve wave': undefined, 'Abort and go back': undefined });
  t.like(reasons({ ...rollout, state: 'halted' }), { Abort: 'it is halted already', 'Try again': undefined });
});

const summary = {
  source: {
    state: 'refused',
    branch: 'main',
    location: '',
    message: 'no',
    problems: [{ file: 'a.yaml', line: 3, code: 'X', message: 'bad' }],
  },
  tally: { failed: 2 },
  fleets: [{ name: 'ships', rollout: { ...rollout, state: 'paused' } }],
  expiry: [{ severity: 'notice', subject: 'root', message: '' }],
} as unknown as StatusDocument;

test('what needs a person is told with the worst first, and nothing that needs none', (t) => {
  t.deepEqual(
    attentionOf(summary).map(({ what }) => what),
    ['Commit is refused', '2 devices failed', 'Rollout of ships is paused'],
  );
});

test('the palette goes to views, fleets and rollouts by words in any order, and searches devices for all else', (t) => {
  t.deepEqual(
    commandsFor('ships roll', summary).map(({ href }) => href),
    ['#/rollout/ships', '#/devices?text=ships+roll'],
  );
  t.true(commandsFor('', undefined).length > 3);
});

test('silences are read as the controller writes them', (t) => {
  t.deepEqual(
    silenceBars('0a').map((bar) => bar.count),
    [0, 36],
  );
  t.is(silenceBars('001')[2]!.fromMs, 120_000);
});
