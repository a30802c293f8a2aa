/**
 * `fleet agent receipts`: what the agent of this machine says of itself and has for the shore, signed by the device's key, as a file to
 * carry ashore: the receipt is its first line, and each line behind it has messages.
 */
import { dirname } from 'node:path';
import { type Disk, DiskError, type DiskFile, type LineDoors } from '../../platform/ports.ts';
import { requireReplaceable } from '../../platform/replaceable-file.ts';
import { receiptFileBytesMax } from '../../schemas/receipt.ts';
import type { CarriedPlace } from '../outbox/carried.ts';
import { AboardRefusal, askAboard } from './aboard-question.ts';

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
  /** Why no more of them did. */
  readonly lack?: string;
}

/** Writes lines one behind the other. */
class Lines {
  readonly #out: DiskFile;
  #at = 0;

  constructor(out: DiskFile) {
    this.#out = out;
    out.truncate(0);
  }

  /** Whether there was room for it. Throws where there is none for the first. */
  add(value: unknown): boolean {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    if (this.#at + line.length > receiptFileBytesMax || !this.#write(line)) return false;
    this.#at += line.length;
    return true;
  }

  /** Whether all of it is there, or else none. */
  #write(line: Uint8Array): boolean {
    try {
      this.#out.write(this.#at, line);
      return true;
    } catch (error) {
      const isFull = error instanceof DiskError && error.code === 'NO_SPACE';
      if (!isFull || this.#at === 0) throw error;
      this.#out.truncate(this.#at);
      return false;
    }
  }
}

/** Those behind a place; a word where the agent signs no more for now. */
async function nextMessages(doors: ReceiptPorts['doors'], socket: string, after: CarriedPlace | undefined) {
  try {
    const question = { ask: 'messages', ...(after === undefined ? {} : { after }) };
    return (await askAboard(doors, socket, 'messages', question)).carried;
  } catch (error) {
    if (error instanceof AboardRefusal && error.code === 'TOO_OFTEN') return error.message;
    throw error;
  }
}

/** The oldest first, until the agent has no more or signs no more, or the file is full. */
async function writeMessages(doors: ReceiptPorts['doors'], socket: string, lines: Lines): Promise<Written> {
  let messages = 0;
  let after: CarriedPlace | undefined;
  for (let line = 0; line < linesMax; line++) {
    const carried = await nextMessages(doors, socket, after);
    if (carried === undefined) return { messages };
    if (typeof carried === 'string') return { messages, lack: carried };
    if (!lines.add(carried.messages)) break;
    messages += carried.count;
    after = carried.place;
  }
  return { messages, lack: 'there was no room for them' };
}

function wordsOf(file: string, device: string, at: string, { messages, lack }: Written): string {
  const count = messages === 0 ? '' : `, and ${messages} ${messages === 1 ? 'message' : 'messages'} for the shore`;
  const rest = lack === undefined ? '' : `The rest stays with the device: ${lack}.\n`;
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
