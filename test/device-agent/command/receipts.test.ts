/** What of a receipt comes ashore where not all of it can be written, by the command alone. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { writeReceipt } from '../../../device-agent/command/receipts.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { type Disk, DiskError } from '../../../platform/ports.ts';

/** An agent that has so many lines of 1 kB, and signs no more after them. */
const agentOf = (lines: number) => {
  let signed = 0;
  const ask = async (_path: string, line: string): Promise<string> => {
    if (JSON.parse(line).ask === 'receipt')
      return JSON.stringify({ kind: 'receipt', device: 'anna', at: '2026-12-01T08:00:00Z', receipt: { is: 'one' } });
    signed += 1;
    if (signed > lines) return JSON.stringify({ kind: 'refused', code: 'TOO_OFTEN', message: 'ask again in 1 s' });
    const carried = { messages: { batch: 'x'.repeat(1_000) }, count: 3, place: { index: signed } };
    return JSON.stringify({ kind: 'messages', device: 'anna', carried });
  };
  return { ask };
};

/** A stick with room for so many bytes. */
const stickOf = (bytesMax: number): Disk => ({
  ...nodeDisk,
  open: (...args) => {
    const file = nodeDisk.open(...args);
    const write = file.write.bind(file);
    return Object.assign(file, {
      write: (at: number, bytes: Uint8Array) => {
        write(at, bytes.subarray(0, Math.max(0, bytesMax - at)));
        if (at + bytes.length > bytesMax) throw new DiskError('NO_SPACE', args[0], 'no space left on device');
      },
    });
  },
});

/** Writes one; what is told, and the lines of the file. */
async function write(t: ExecutionContext, disk: Disk, lines: number) {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-receipt-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'anna.receipt');
  const told = await writeReceipt({ disk, doors: agentOf(lines) }, '/x', path);
  return {
    told,
    kinds: readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line))[0]),
  };
}

test('a stick that is full by half of it carries the oldest messages, each whole', async (t) => {
  const { told, kinds } = await write(t, stickOf(2_500), 10);
  t.deepEqual(kinds, ['is', 'batch', 'batch']);
  t.regex(told, /and 6 messages for the shore/);
  t.regex(told, /^The rest stays with the device: there was no room for them\.$/m);
  await t.throwsAsync(write(t, stickOf(5), 10), { code: 'NO_SPACE' }, 'without a receipt it is none');
});

test('messages that were signed are carried though the agent signs no more of them for now', async (t) => {
  const { told, kinds } = await write(t, nodeDisk, 2);
  t.deepEqual(kinds, ['is', 'batch', 'batch']);
  t.regex(told, /^The rest stays with the device: ask again in 1 s \(TOO_OFTEN\)\.$/m);
});
