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

/** The device that a line is about, if it is about one. */
function deviceIn(line: string): string | undefined {
  if (!line.startsWith('data: ')) return undefined;
  try {
    const { device }: { readonly device?: unknown } = JSON.parse(line.slice(6)) ?? {};
    return typeof device === 'string' ? device : undefined;
  } catch {
    return undefined;
  }
}

/** Told of devices that changed; of none where some may have been missed, and everything is to be asked for anew. */
type OnChanged = (devices: ReadonlySet<string> | undefined) => Promise<void>;

/** Until the feed ends. That its first words are here says that no later change is missed. */
async function followOnce(context: CommandContext, onChanged: OnChanged): Promise<void> {
  const client = await openController(context);
  const { status, body } = await client.open('/api/v1/changes', context.signal);
  if (status !== 200) throw refusalOf(status, new TextDecoder().decode(await readBody(body, bytesMax)), client);
  let isOpen = false;
  for await (const lines of linesOf(body)) {
    if (!isOpen) await onChanged(undefined);
    isOpen = true;
    const devices = new Set(lines.map(deviceIn).filter((device) => device !== undefined));
    if (devices.size > 0) await onChanged(devices);
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
      await followOnce(context, async (devices) => {
        await onChanged(devices);
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
