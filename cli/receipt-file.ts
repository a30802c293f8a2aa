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

function contentOf(text: string): ReceiptFile | string {
  const [first = '', ...rest] = text.split('\n');
  const receipt = valueIn(first);
  if (!isReceipt(receipt)) return noReceipt;
  const values = rest.filter((line, n) => line !== '' || n < rest.length - 1).map(valueIn);
  const broken = values.findIndex((value) => !isCarriedMessages(value));
  const messages = values.slice(0, broken === -1 ? undefined : broken) as CarriedMessages[];
  return { receipt, messages, ...(broken === -1 ? {} : { brokenLine: broken + 2 }) };
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
