import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../device-agent/bundle.ts';
import { freePort } from '../../platform/node/free-port.ts';
import type { openNetwork as OpenNetwork } from '../../platform/node/network.ts';
import { NetworkError } from '../../platform/ports.ts';

test('a failure of the link is known as one across the files of a bundle', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-bundle-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  await compile(directory, { 'network-file': 'platform/node/network.ts' });
  const { openNetwork }: { openNetwork: typeof OpenNetwork } = await import(join(directory, 'network-file.js'));
  const request = { method: 'GET', url: `https://127.0.0.1:${await freePort()}/`, headers: {} } as const;
  const asked = openNetwork(() => ({})).request(request, new AbortController().signal);
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  t.true(error instanceof NetworkError);
  t.is((error as NetworkError).code, 'UNREACHABLE');
});
