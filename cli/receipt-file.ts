/** A file of `fleet agent receipts`: a receipt, and behind it the messages that a device has for the shore, each a line that is signed by itself. */
import { type Disk, DiskError } from '../platform/ports.ts';
import type { CarriedMessages, Receipt } from '../schemas/generated/types.ts';
import { isCarriedMessages } from '../schemas/generated/validators/carried-messages.js';
import { isReceipt } from '../schemas/generated/validators/receipt.js';
import { receiptFileBytesMax } from '../schemas/receipt.ts';

/** What is in one. */
export interface ReceiptFile {
  readonly receipt: Receipt;
  readonly messages: readonly CarriedMessages[];
  /** The first line that has nothing of that, counted from 1: nothing behind it is read. */
  readonly brokenLine?: number;
}

const noReceipt = 'it is no receipt of this version: fleet agent receipts makes one';

function valueIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** One after the other: of junk there may be millions. */
function* linesIn(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    yield text.slice(at, end);
    at = end + 1;
  }
}

function contentOf(text: string): ReceiptFile | string {
  const lines = linesIn(text);
  const receipt = valueIn(lines.next().value ?? '');
  if (!isReceipt(receipt)) return noReceipt;
  const messages: CarriedMessages[] = [];
  for (const line of lines) {
    const value = valueIn(line);
    if (!isCarriedMessages(value)) return { receipt, messages, brokenLine: messages.length + 2 };
    messages.push(value);
  }
  return { receipt, messages };
}

/** What a file has, or why it is none. */
export function readReceiptFile(disk: Disk, path: string): ReceiptFile | string {
  try {
    const { kind, bytes = 0 } = disk.stat(path) ?? {};
    if (kind !== 'file') return kind === undefined ? 'there is no such file' : 'it is no file';
    // Files of the kernel have no length, and may end never.
    const isOfSize = bytes > 0 && bytes <= receiptFileBytesMax;
    return isOfSize ? contentOf(new TextDecoder().decode(disk.readFile(path))) : noReceipt;
  } catch (error) {
    if (error instanceof DiskError) return `it can't be read: ${error.message}`;
    throw error;
  }
}
