/** `fleet agent receipts`: what the agent of this machine says of itself, signed by the device's key, as a file to carry ashore. */
import { basename, dirname } from 'node:path';
import { writeFileDurably } from '../../platform/durable-file.ts';
import type { Disk, LineDoors } from '../../platform/ports.ts';
import { requireReplaceable } from '../../platform/replaceable-file.ts';
import { askAboard } from './aboard-question.ts';

/** Writes it to this path; resolves with what to tell. Throws why there is none. */
export async function writeReceipt(
  { doors, disk }: { readonly doors: Pick<LineDoors, 'ask'>; readonly disk: Disk },
  socket: string,
  file: string,
): Promise<string> {
  requireReplaceable(disk, file, `${file}.new`);
  const { device, at, receipt } = await askAboard(doors, socket, 'receipt', { ask: 'receipt' });
  writeFileDurably(disk, dirname(file), basename(file), Buffer.from(`${JSON.stringify(receipt)}\n`));
  return `${file} has what ${device} says of itself, as of ${at}; on shore: fleet bundle import FILE\n`;
}
