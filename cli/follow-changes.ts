/** Which devices change, as the controller's feed tells: server-sent events with the name of a device each. */
import { NetworkError } from '../platform/ports.ts';
import { type CommandContext, CommandError } from './command.ts';
import { openController, readBody, refusalOf } from './controller-client.ts';
import { exitCodes } from './exit-codes.ts';

/** Of a line, and of what is said of a refusal. */
const bytesMax = 65_536;

const retryMs = 1_000;

/** The lines of a stream, those of each piece together; the last, which may not be whole, with the next. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (rest.length > bytesMax) throw new CommandError('the controller tells changes in lines that are too long');
    yield lines;
  }
}

/** The device that a line is about; `besides` when it is about something else, undefined when it tells of no change. */
function changeIn(line: string): { readonly device: string } | 'besides' | undefined {
  if (!line.startsWith('data: ')) return undefined;
  try {
    const { device }: { readonly device?: unknown } = JSON.parse(line.slice(6)) ?? {};
    return typeof device === 'string' ? { device } : 'besides';
  } catch {
    return undefined;
  }
}

/** What changed: devices, and whether something that is shown beside them did. */
export interface Changed {
  readonly devices: ReadonlySet<string>;
  readonly isBesides: boolean;
}

/** Told of what changed; of nothing where some may have been missed, and everything is to be asked for anew. */
type OnChanged = (changed: Changed | undefined) => Promise<void>;

function changedIn(lines: readonly string[]): Changed {
  const changes = lines.map(changeIn).filter((change) => change !== undefined);
  const devices = new Set(changes.flatMap((change) => (change === 'besides' ? [] : [change.device])));
  return { devices, isBesides: changes.includes('besides') };
}

/** Until the feed ends. That its first words are here says that no later change is missed. */
async function followOnce(context: CommandContext, onChanged: OnChanged): Promise<void> {
  const client = await openController(context);
  const { status, body } = await client.open('/api/v1/changes', context.signal);
  if (status !== 200) throw refusalOf(status, new TextDecoder().decode(await readBody(body, bytesMax)), client);
  let isOpen = false;
  for await (const lines of linesOf(body)) {
    if (!isOpen) await onChanged(undefined);
    isOpen = true;
    const changed = changedIn(lines);
    if (changed.devices.size > 0 || changed.isBesides) await onChanged(changed);
  }
}

function mayComeBack(error: unknown): error is Error {
  return error instanceof NetworkError || (error instanceof CommandError && error.exitCode === exitCodes.unreachable);
}

/**
 * Follows the changes until the user stops it, over interruptions, of which each is told once. Throws where the controller is not
 * reached the first time, or does not let us in.
 */
export async function followChanges(
  context: CommandContext,
  onChanged: OnChanged,
  onLost: (error: Error) => void,
): Promise<void> {
  const { clock, signal } = context;
  const reached = { once: false, now: false };
  while (!signal.aborted) {
    try {
      await followOnce(context, async (changed) => {
        await onChanged(changed);
        Object.assign(reached, { once: true, now: true });
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!reached.once || !mayComeBack(error)) throw error;
      if (reached.now) onLost(error);
      reached.now = false;
    }
    await clock.sleep(retryMs, signal).catch(() => {});
  }
}
