import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { CommandContext } from '../../../cli/command.ts';
import { bundleImportCommand } from '../../../cli/commands/bundle-import.ts';
import { readReceiptFile } from '../../../cli/receipt-file.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import type { Disk, HttpRequest } from '../../../platform/ports.ts';
import { signMessages } from '../../../schemas/carried-messages.ts';
import type { MessagesOrder } from '../../../schemas/generated/types.ts';
import { packBatch, unpackBatch } from '../../../schemas/message-batch.ts';
import { signReceipt } from '../../../schemas/receipt.ts';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });

const taken = { device: 'anna', madeAt: '2026-03-10T00:00:00Z' };

/** A directory for what is brought. */
function begin(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-import-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Runs the command over files, with a controller that answers so. */
async function bring(
  { disk, directory, positionals }: { readonly disk: Disk; readonly directory: string; readonly positionals: string[] },
  answer: (request: HttpRequest) => readonly [number, object],
): Promise<{ readonly code: number; readonly output: string }> {
  let output = '';
  const context = {
    ...{ disk, directory, signal: new AbortController().signal, environment: {} },
    stdout: { write: (text: string) => (output += text) },
    loadConfiguration: async () => ({ value: { controller: 'https://shore:7443' } }),
    openNetwork: () => ({
      request: async (request: HttpRequest) => {
        const [status, value] = answer(request);
        const body = (async function* () {
          yield Buffer.from(JSON.stringify(value));
        })();
        return { status, headers: {}, body };
      },
    }),
  } as unknown as CommandContext;
  const args = { positionals, values: { as: 'ada' }, flags: new Set(), lists: {} } as never;
  return { code: await bundleImportCommand.run(context, args), output };
}

test('each file is judged by itself: one that is no receipt keeps none behind it from the shore, and no name steers a terminal', async (t) => {
  const directory = begin(t);
  const write = (name: string, text: string) => {
    using file = nodeDisk.open(`${directory}/${name}`, 'write');
    file.write(0, Buffer.from(text));
  };
  write('good', JSON.stringify(signReceipt('anna', {}, key.toString())));
  write('photo\u001b[2J', 'no JSON');
  {
    using file = nodeDisk.open(`${directory}/huge`, 'write');
    file.truncate(2 ** 40);
  }
  nodeDisk.makeDirectory(`${directory}/directory`);
  // Without a length, as those are that never end.
  symlinkSync('/proc/version', `${directory}/kernel`);
  const requests: HttpRequest[] = [];
  const disk = {
    ...nodeDisk,
    readFile: (path: string) => (path.endsWith('kernel') ? t.fail('it is read') : nodeDisk.readFile(path)),
  };
  const positionals = ['photo\u001b[2J', 'huge', 'kernel', 'directory', 'gone', 'good'];
  const { code, output } = await bring({ disk, directory, positionals }, (request) => {
    requests.push(request);
    return [200, taken];
  });
  t.is(code, 1);
  t.is(requests.length, 1);
  t.deepEqual(output.split('\n'), [
    'photo\ufffd[2J: refused: it is no receipt of this version: fleet agent receipts makes one',
    'huge: refused: it is no receipt of this version: fleet agent receipts makes one',
    'kernel: refused: it is no receipt of this version: fleet agent receipts makes one',
    'directory: refused: it is no file',
    'gone: refused: there is no such file',
    'good: anna as of 2026-03-10T00:00Z',
    '',
  ]);
});

/** Brings a file with this text to a controller that answers messages so. */
async function bringFile(
  t: ExecutionContext,
  text: string,
  answer: (order: MessagesOrder) => readonly [number, object],
): Promise<{ readonly code: number; readonly output: string; readonly brought: readonly string[] }> {
  const directory = begin(t);
  writeFileSync(`${directory}/a`, text);
  const brought: string[] = [];
  const run = await bring({ disk: nodeDisk, directory, positionals: ['a'] }, ({ url, body }) => {
    if (!url.endsWith('/messages')) return [200, taken];
    const order = JSON.parse(Buffer.from(body!).toString()) as MessagesOrder;
    const { application, index } = unpackBatch(Buffer.from(order.messages.batch, 'base64'));
    brought.push(`${application} ${index}`);
    return answer(order);
  });
  return { ...run, brought };
}

function line(application: string, index: number): string {
  const of = { application, channel: application === 'fleet-agent' ? 'logbook' : 'readings' };
  const batch = { ...of, stream: '0123456789abcdef', segment: 1, index, dropped: 0 };
  const packed = packBatch({ ...batch, messages: [{ at: 1, message: Uint8Array.of(1) }] });
  return JSON.stringify(signMessages({ device: 'anna', at: '2026-03-10T00:00:00Z', packed }, key.toString()));
}

const receiptLine = JSON.stringify(signReceipt('anna', {}, key.toString()));

test('messages of a receipt are brought in their order, and what is new to the shore is told', async (t) => {
  const text = [receiptLine, line('fleet-agent', 0), line('gauge', 0), line('gauge', 1), ''].join('\n');
  const { code, output, brought } = await bringFile(t, text, () => [200, { messages: 2 }]);
  t.deepEqual(brought, ['fleet-agent 0', 'gauge 0', 'gauge 1']);
  t.is(output, 'a: anna as of 2026-03-10T00:00Z, with 2 entries of its logbook and 4 messages\n');
  t.is(code, 0);
});

test('of a channel that is refused no more is brought, and a file that breaks off is told', async (t) => {
  const text = [receiptLine, line('gauge', 0), line('gauge', 1), line('horn', 0), line('horn', 1).slice(0, 40)].join(
    '\n',
  );
  const { code, output, brought } = await bringFile(t, text, ({ messages: { batch } }) =>
    unpackBatch(Buffer.from(batch, 'base64')).application === 'gauge'
      ? [409, { code: 'NO_OUTLET', message: 'no outlet takes it' }]
      : [200, { messages: 1 }],
  );
  t.deepEqual(brought, ['gauge 0', 'horn 0']);
  t.deepEqual(output.split('\n'), [
    'a: anna as of 2026-03-10T00:00Z, with 1 message',
    'a: gauge/readings is not taken: no outlet takes it (NO_OUTLET)',
    'a: line 5 is damaged, and nothing behind it was taken: copy the file again',
    '',
  ]);
  t.is(code, 1);
});

test('a file of the largest size that is junk but for its receipt is known as broken at its second line, and no more of it is looked at', (t) => {
  const bytes = Buffer.from(`${receiptLine}\n${'x\n'.repeat(15_000_000)}`);
  const disk = { ...nodeDisk, stat: () => ({ kind: 'file' as const, bytes: bytes.length }), readFile: () => bytes };
  const before = process.cpuUsage().user;
  const file = readReceiptFile(disk, 'junk');
  t.like(file, { messages: [], brokenLine: 2 });
  t.true(process.cpuUsage().user - before < 10_000_000);
});

test('a forged file of messages without end is given up, and the shore not asked about each', async (t) => {
  const directory = begin(t);
  const lines = Array.from({ length: 600 }, (_, n) => {
    const batch = { application: `app-${n}`, channel: 'c', stream: '0'.repeat(16), segment: 1, index: 0, dropped: 0 };
    const packed = packBatch({ ...batch, messages: [{ at: 0, message: Buffer.from('x') }] } as never);
    return signMessages({ device: 'anna', at: '2026-03-10T00:00:00Z', packed }, key.toString());
  });
  const all = [signReceipt('anna', {}, key.toString()), ...lines];
  writeFileSync(`${directory}/forged`, all.map((one) => JSON.stringify(one)).join('\n'));
  let asked = 0;
  const { code, output } = await bring({ disk: nodeDisk, directory, positionals: ['forged'] }, () => {
    asked += 1;
    return [409, { code: 'RECEIPT_FORGED', message: 'they are not signed by the key that they show' }];
  });
  t.deepEqual([code, asked], [1, 513]);
  t.regex(output, /^forged: more than 512 channels are refused, which no device has: the rest is left$/m);
});
