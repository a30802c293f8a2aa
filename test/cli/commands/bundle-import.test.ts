import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { CommandContext } from '../../../cli/command.ts';
import { bundleImportCommand } from '../../../cli/commands/bundle-import.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import type { HttpRequest } from '../../../platform/ports.ts';
import { signReceipt } from '../../../schemas/receipt.ts';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });

/** A controller that takes every receipt. */
async function* taken() {
  yield Buffer.from(JSON.stringify({ device: 'anna', madeAt: '2026-03-10T00:00:00Z' }));
}

test('each file is judged by itself: one that is no receipt keeps none behind it from the shore, and no name steers a terminal', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-import-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
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
  let output = '';
  const context = {
    ...{ disk, directory, signal: new AbortController().signal, environment: {} },
    stdout: { write: (text: string) => (output += text) },
    loadConfiguration: async () => ({ value: { controller: 'https://shore:7443' } }),
    openNetwork: () => ({
      request: async (request: HttpRequest) => {
        requests.push(request);
        return { status: 200, headers: {}, body: taken() };
      },
    }),
  } as unknown as CommandContext;
  const positionals = ['photo\u001b[2J', 'huge', 'kernel', 'directory', 'gone', 'good'];
  const code = await bundleImportCommand.run(context, {
    positionals,
    values: { as: 'ada' },
    flags: new Set(),
    lists: {},
  } as never);
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
