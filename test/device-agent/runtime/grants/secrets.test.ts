import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { ephemeralKey } from '../../../../artifact/seal/hpke.ts';
import { sealSecret } from '../../../../artifact/seal/sealed-secret.ts';
import { deviceSecrets } from '../../../../device-agent/device-secrets.ts';
import { openRuntime, statesWhen } from '../applications.ts';
import { cModule, cTest } from '../c-module.ts';

const value = 'a value that nobody else must read';

/** A runtime of a device with a key, and what the repository has for it. */
function openDevice(t: ExecutionContext) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const sealed = sealSecret(
    { name: 'token', value: Buffer.from(value) },
    { device: 'anna', publicKey: spki },
    ephemeralKey(),
  )!;
  const keyText = () => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { ...openRuntime(t, { openSecret: deviceSecrets({ keyText }, 'anna') }), sealed };
}

/** Whether the text stands in any file below a directory. */
function isAnywhere(directory: string, text: string): boolean {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).some((name) => {
    const path = join(directory, name);
    return statSync(path).isFile() && readFileSync(path).includes(text);
  });
}

const reader = `
  char text[100] = {0};
  FILE *file = fopen("/secrets/token", "r");
  fread(text, 1, 99, file);
  printf("%zu bytes, %d", strlen(text), strstr(text, "nobody else") != NULL);
  printf("%d", open("/secrets/token", O_WRONLY) < 0 || write(4, "x", 1) < 0);
  printf("%d", open("/secrets/new", O_CREAT | O_WRONLY, 0600) < 0);
  printf("%d\\n", unlink("/secrets/token") < 0);
  sleep(600);`;

cTest('a program reads its secret, which lies nowhere on the disk and in no report', async (t) => {
  const { runtime, application, directory, logWhen, sealed } = openDevice(t);
  await runtime.apply([application('reader', cModule(reader), { secrets: { token: { sealed } } })]);
  const log = await logWhen('reader', / out \d/);
  t.regex(log, new RegExp(` out ${value.length} bytes, 1111\n`));
  t.false(isAnywhere(directory, value));
  t.notRegex(JSON.stringify(runtime.states()), new RegExp(value));
});

cTest('what is not sealed to the device does not start, and its report says which secret it is', async (t) => {
  const { runtime, application, sealed } = openDevice(t);
  const module = cModule('sleep(600);');
  const copies = { without: {}, copied: { sealed: sealed.replace(/^.{20}/, 'A'.repeat(20)) } };
  await runtime.apply([
    application('without', module, { secrets: { token: copies.without } }),
    application('copied', module, { secrets: { token: copies.copied } }),
    application('renamed', module, { secrets: { other: { sealed } } }),
    application('neighbour', module),
  ]);
  const failed = { without: 'failed', copied: 'failed', renamed: 'failed' };
  t.like(await statesWhen(runtime, ({ neighbour }) => neighbour === 'running'), failed);
  t.regex(
    runtime.states().find(({ name }) => name === 'renamed')?.message ?? '',
    /^the secret other is not sealed to the key of this device/,
  );
});
