import test from 'ava';
import { CommandError } from '../../cli/command.ts';
import { followChanges } from '../../cli/follow-changes.ts';
import { NetworkError } from '../../platform/ports.ts';
import { ScenarioWorld } from '../scenarios/scenario-world.ts';

/** What one exchange does: pieces of the feed, then a cut; or a status that is no feed. */
type Exchange = readonly string[] | number;

/** Follows a controller that answers so, one exchange after the other, and is not there afterwards. */
async function followed(
  exchanges: readonly Exchange[],
  onSeen: (names: readonly string[] | undefined) => void = () => {},
) {
  const world = new ScenarioWorld();
  world.makeRepository('harbor');
  const stopping = new AbortController();
  const left = [...exchanges];
  const lost: string[] = [];
  const seen: (readonly string[] | undefined)[] = [];
  const request = async () => {
    const exchange = left.shift();
    if (exchange === undefined) {
      stopping.abort();
      throw new NetworkError('UNREACHABLE', 'nobody there');
    }
    const pieces = typeof exchange === 'number' ? ['{"message":"full"}'] : exchange;
    const body = (async function* () {
      for (const piece of pieces) yield new TextEncoder().encode(piece);
      if (typeof exchange !== 'number') throw new NetworkError('CUT', 'cut off');
    })();
    return { status: typeof exchange === 'number' ? exchange : 200, headers: {}, body };
  };
  const clock = { ...world.context(() => {}).clock, sleep: async () => {} };
  const context = { ...world.context(() => {}), clock, openNetwork: () => ({ request }), signal: stopping.signal };
  try {
    await followChanges(
      context,
      async (changed) => {
        const names = changed && [...changed.devices, ...(changed.isBesides ? ['(besides)'] : [])];
        seen.push(names);
        onSeen(names);
      },
      ({ message }) => lost.push(message),
    );
  } finally {
    await world.close();
  }
  return { seen, lost };
}

const hello = ': hello\n\n';

function change(device: string): string {
  return `id: 7\ndata: {"device":"${device}","state":"running"}\n\n`;
}

test('devices are told of piece by piece, wherever a piece is cut, and that something changed that is no device', async (t) => {
  const text = change('b');
  const { seen } = await followed([
    [hello, change('a') + text.slice(0, 20), text.slice(20), ': still here\n\n', 'id: 9\ndata: {}\n\ndata: {"dev\n\n'],
  ]);
  t.deepEqual(seen, [undefined, ['a'], ['b'], ['(besides)']]);
});

test('after an interruption everything is asked for anew, and one that lasts is told once', async (t) => {
  const { seen, lost } = await followed([[hello, change('a')], 503, [], [hello], [hello, change('b')]]);
  t.deepEqual(seen, [undefined, ['a'], undefined, undefined, ['b']]);
  t.deepEqual(lost, ['cut off', 'cut off', 'cut off'], 'not of the two that found nobody in between');
});

test('what fails while the changes are looked at is an interruption, when the controller may come back', async (t) => {
  let asked = 0;
  const { seen } = await followed([[hello], [hello], [hello]], () => {
    asked += 1;
    if (asked === 2) throw new CommandError('does not answer', 6);
  });
  t.is(seen.length, 3);
  asked = 0;
  const fatal = () => {
    throw new CommandError('no such device');
  };
  await t.throwsAsync(followed([[hello]], fatal), { message: 'no such device' });
});

test('a controller that is not reached the first time, does not let us in, or floods us, ends it', async (t) => {
  await t.throwsAsync(followed([503]), { message: /does not serve yet: full/ });
  await t.throwsAsync(followed([401]), { message: /does not take this API token/ });
  await t.throwsAsync(followed([[hello, change('a')], 401]), { message: /does not take this API token/ });
  await t.throwsAsync(followed([[hello, 'x'.repeat(70_000)]]), { message: /lines that are too long/ });
});
