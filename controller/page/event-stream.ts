/** Server-sent events out of the text of a stream, however it is cut. */

export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** A part of the stream that never ends is no event. */
const pendingCharactersMax = 65_536;

function fieldsOf(block: string): ReadonlyMap<string, string> {
  return new Map(
    block
      .split('\n')
      .filter((line) => !line.startsWith(':') && line.includes(':'))
      .map((line) => {
        const cut = line.indexOf(':');
        return [line.slice(0, cut), line.slice(cut + 1).replace(/^ /, '')];
      }),
  );
}

function eventOf(block: string): StreamEvent[] {
  const fields = fieldsOf(block);
  const data = fields.get('data');
  return data === undefined ? [] : [{ id: fields.get('id'), event: fields.get('event') ?? 'message', data }];
}

/** Takes what came, and gives the events that are whole by then; signs of life are none. */
export function eventReader(): (text: string) => StreamEvent[] {
  let pending = '';
  return (text) => {
    const blocks = (pending + text).split('\n\n');
    pending = blocks.pop()!;
    if (pending.length > pendingCharactersMax) throw new Error('the stream of changes sent an event without an end');
    return blocks.flatMap(eventOf);
  };
}
