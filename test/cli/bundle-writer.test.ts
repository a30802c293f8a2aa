import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { bundlePayloadType, signEnvelope } from '../../artifact/trust/dsse.ts';
import { writeBundle } from '../../cli/bundle-writer.ts';
import type { CommandContext } from '../../cli/command.ts';
import { bundleCreateCommand } from '../../cli/commands/bundle-create.ts';
import type { ControllerClient } from '../../cli/controller-client.ts';
import { writeReceipt } from '../../device-agent/command/receipts.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { type Disk, DiskError } from '../../platform/ports.ts';
import type { BundleStatement } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { keyOf } from '../device-agent/shore.ts';

const text = 'what is carried';
const file = { name: 'tuf/timestamp.json', length: text.length, sha256: sha256Hex(Buffer.from(text)) };
const statement: BundleStatement = {
  ...{ apiVersion: 'fleet/v1alpha1', kind: 'Bundle' },
  ...{ issuedAt: '2026-03-10T00:00:00Z', notAfter: '2026-04-10T00:00:00Z' },
  ...{ deployments: [{ device: 'anna', sequence: 1, sha256: file.sha256 }], files: [file] },
};
const answer = {
  lease: signEnvelope(bundlePayloadType, Buffer.from(JSON.stringify(statement)), [keyOf('shore')]),
  ...{ texts: { [file.name]: text }, left: [] },
};
const lease = sha256Hex(Buffer.from(answer.lease));

/** Puts a bundle on record, unless it answers so; `seen` is what it was told, and what lay there then. */
function recorder(seen: unknown[], path: string, status = 200): ControllerClient {
  const refusal = { code: 'BUNDLE_NOT_ORDERED', message: 'it knows of no such order' };
  return {
    ask: async ({ path: asked, body }: { readonly path: string; readonly body?: Uint8Array }) => {
      seen.push([
        asked,
        JSON.parse(Buffer.from(body!).toString()),
        existsSync(path),
        statSync(`${path}.part`).size > 0,
      ]);
      return { status, bytes: Buffer.from(JSON.stringify(status === 200 ? {} : refusal)) };
    },
  } as unknown as ControllerClient;
}
const { signal } = new AbortController();

function stick(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-stick-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('a link that lies where a bundle is begun has no other file written', async (t) => {
  const directory = stick(t);
  const [precious, path] = [join(directory, 'precious'), join(directory, 'a.bundle')];
  writeFileSync(precious, 'mine');
  symlinkSync(precious, `${path}.part`);
  t.is(await writeBundle(nodeDisk, path, answer, recorder([], path), signal), readFileSync(path).length);
  t.true(lstatSync(path).isFile());
  t.is(readFileSync(precious, 'utf8'), 'mine');
});

test('nothing but a file gives way to a bundle or a receipt, and nobody is asked for what has no place', async (t) => {
  const directory = stick(t);
  for (const name of ['there', 'a.part', 'b.new']) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'precious'), 'mine');
  }
  const create = (name: string, site = 'pier') => {
    const args = { positionals: [], values: { output: name, site, as: 'ada' }, flags: new Set(), lists: {} };
    return bundleCreateCommand.run(
      { disk: nodeDisk, directory, environment: {} } as unknown as CommandContext,
      args as never,
    );
  };
  const receipts = (name: string) =>
    writeReceipt(
      { disk: nodeDisk, doors: { ask: () => Promise.reject(new Error('asked')) } },
      '/x',
      join(directory, name),
    );
  for (const write of [create, receipts]) {
    await t.throwsAsync(write('there'), { message: /can't write \S+there: \S+there is there and is no file/ });
    await t.throwsAsync(write('gone/a'), { message: /there is no directory \S+gone$/ });
  }
  await t.throwsAsync(create('b', 'Pier_7'), { message: /nothing is named "Pier_7": names have/ });
  await t.throwsAsync(create('a'), { message: /a\.part is there and is no file/ });
  await t.throwsAsync(receipts('b'), { message: /b\.new is there and is no file/ });
  for (const name of ['there', 'a.part', 'b.new']) t.deepEqual(readdirSync(join(directory, name)), ['precious']);
});

test('a bundle is on record once all of it is written and before it can be carried, and one that is not on record is not there', async (t) => {
  const path = join(stick(t), 'a.bundle');
  const seen: unknown[] = [];
  await writeBundle(nodeDisk, path, answer, recorder(seen, path), signal);
  t.deepEqual(seen, [['/api/v1/bundles/written', { lease }, false, true]]);
  rmSync(path);
  const refused = writeBundle(nodeDisk, path, answer, recorder([], path, 409), signal);
  await t.throwsAsync(refused, { message: 'it knows of no such order' });
  t.deepEqual([existsSync(path), existsSync(`${path}.part`)], [false, false]);
});

test('a disk that fills while a bundle is written leaves nothing on record, and nothing behind', async (t) => {
  const path = join(stick(t), 'a.bundle');
  const seen: unknown[] = [];
  const full: Disk = {
    ...nodeDisk,
    open: (...args) =>
      Object.assign(nodeDisk.open(...args), {
        write: () => {
          throw new DiskError('NO_SPACE', path, 'no space left on device');
        },
      }),
  };
  const written = writeBundle(full, path, answer, recorder(seen, path), signal);
  await t.throwsAsync(written, { code: 'NO_SPACE' });
  t.deepEqual([seen, existsSync(path), existsSync(`${path}.part`)], [[], false, false]);
});
