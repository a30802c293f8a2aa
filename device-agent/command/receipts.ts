/**
 * `fleet agent receipts`: what the agent of this machine says of itself and has for the shore, signed by the device's key, as a file to
 * carry ashore: the receipt is its first line, and each line behind it has messages.
 */
import { dirname } from 'node:path';
import type { Disk, DiskFile, LineDoors } from '../../platform/ports.ts';
import { requireReplaceable } from '../../platform/replaceable-file.ts';
import { receiptFileBytesMax } from '../../schemas/receipt.ts';
import type { CarriedPlace } from '../outbox/carried.ts';
import { askAboard } from './aboard-question.ts';

/** What the command works with. */
export interface ReceiptPorts {
  readonly doors: Pick<LineDoors, 'ask'>;
  readonly disk: Disk;
}

/** Lines with messages: fewer than the agent signs at once. */
const linesMax = 2_000;

/** What came into the file. */
interface Written {
  readonly messages: number;
  /** There was no room for more. */
  readonly isFull: boolean;
}

/** Writes lines one behind the other. */
class Lines {
  readonly #out: DiskFile;
  #at = 0;

  constructor(out: DiskFile) {
    this.#out = out;
    out.truncate(0);
  }

  /** Whether there was room for it. */
  add(value: unknown): boolean {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    if (this.#at + line.length > receiptFileBytesMax) return false;
    this.#out.write(this.#at, line);
    this.#at += line.length;
    return true;
  }
}

/** The oldest first, until the agent has no more or the file is full. */
async function writeMessages(doors: ReceiptPorts['doors'], socket: string, lines: Lines): Promise<Written> {
  let messages = 0;
  let after: CarriedPlace | undefined;
  for (let line = 0; line < linesMax; line++) {
    const question = { ask: 'messages', ...(after === undefined ? {} : { after }) };
    const { carried } = await askAboard(doors, socket, 'messages', question);
    if (carried === undefined) return { messages, isFull: false };
    if (!lines.add(carried.messages)) break;
    messages += carried.count;
    after = carried.place;
  }
  return { messages, isFull: true };
}

function wordsOf(file: string, device: string, at: string, { messages, isFull }: Written): string {
  const count = messages === 0 ? '' : `, and ${messages} ${messages === 1 ? 'message' : 'messages'} for the shore`;
  const rest = isFull ? 'There was no room for all: the newest stay with the device.\n' : '';
  return `${file} has what ${device} says of itself, as of ${at}${count}; on shore: fleet bundle import FILE\n${rest}`;
}

/** Writes it to this path, where nothing is until all of it is; resolves with what to tell. Throws why there is none. */
export async function writeReceipt({ doors, disk }: ReceiptPorts, socket: string, file: string): Promise<string> {
  const fresh = `${file}.new`;
  requireReplaceable(disk, file, fresh);
  const { device, at, receipt } = await askAboard(doors, socket, 'receipt', { ask: 'receipt' });
  // A link there would have another file written.
  disk.remove(fresh);
  try {
    let written: Written;
    {
      using out = disk.open(fresh, 'write');
      const lines = new Lines(out);
      lines.add(receipt);
      written = await writeMessages(doors, socket, lines);
      out.sync();
    }
    disk.rename(fresh, file);
    disk.syncDirectory(dirname(file));
    return wordsOf(file, device, at, written);
  } catch (error) {
    disk.remove(fresh);
    throw error;
  }
}
