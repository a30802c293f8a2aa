import test, { type ExecutionContext } from 'ava';
import type { Credential } from '../../../../controller/publishing/authoring/registry/docker-credentials.ts';
import { pullModule } from '../../../../controller/publishing/authoring/registry/pull-module.ts';
import { parseReference, referenceText } from '../../../../controller/publishing/authoring/registry/reference.ts';
import { RegistryError } from '../../../../controller/publishing/authoring/registry/registry-error.ts';
import { mediaTypes } from '../../../../controller/publishing/authoring/registry/wasm-artifact.ts';
import { sha256Hex } from '../../../../schemas/sha256.ts';
import { moduleOf } from '../repository.ts';
import { base, type StandIn, withModule } from './stand-in.ts';

const module = moduleOf(1, 3000);
const byTag = 'oci://registry.example/apps/crane:1.0';

function pull(registry: StandIn, reference = byTag) {
  return pullModule(registry.ports, parseReference(reference));
}

async function refused(t: ExecutionContext, registry: StandIn, code: string, words: RegExp, reference = byTag) {
  const error = await t.throwsAsync(pull(registry, reference), { instanceOf: RegistryError });
  t.is(error?.code, code as never, error?.message);
  t.regex(error?.message ?? '', words);
}

test('a tag is written down with the digest that it had, and that digest alone fetches the same', async (t) => {
  const { registry, sha256 } = withModule(module);
  const { bytes, reference } = await pull(registry);
  t.deepEqual(Buffer.from(bytes), Buffer.from(module));
  t.is(referenceText(reference), `${byTag}@sha256:${sha256}`);
  const again = await pull(registry, `oci://registry.example/apps/crane@sha256:${sha256}`);
  t.deepEqual(Buffer.from(again.bytes), Buffer.from(module));
});

test('of a list of manifests the one for wasm is taken, wasip1 before others, and several are for a person to choose', async (t) => {
  const { registry, document, parts, sha256 } = withModule(module);
  const entry = (os: string, architecture = 'wasm', digest = sha256) => ({
    ...{ mediaType: mediaTypes.manifest, size: parts.manifest.bytes.length, digest: `sha256:${digest}` },
    platform: { os, architecture },
  });
  const other = 'a'.repeat(64);
  const index = (...manifests: object[]) => document({ mediaType: mediaTypes.index, manifests });
  const listed = index(entry('linux', 'amd64', other), entry('wasip2', 'wasm', other), entry('wasip1'));
  t.is((await pull(registry)).reference.sha256, listed);
  index(entry('linux', 'amd64'));
  await refused(t, registry, 'NOT_A_MODULE', /none of what it lists is for the architecture wasm/);
  index(entry('wasip1'), entry('wasip1', 'wasm', other));
  await refused(t, registry, 'NOT_A_MODULE', /several for wasm/);
  index({ ...entry('wasip1'), size: 5 });
  await refused(t, registry, 'NOT_AS_SAID', /the size of .* is \d+, and 5 was said/);
});

test('what lies is believed nowhere: each digest and size is held to what was asked for', async (t) => {
  const { registry, put, document, parts, manifest, sha256 } = withModule(module);
  const pinned = `oci://registry.example/apps/crane@sha256:${sha256}`;
  put(`manifests/sha256:${sha256}`, { body: JSON.stringify(manifest, undefined, 1) });
  await refused(t, registry, 'NOT_AS_SAID', /the SHA-256 of/, pinned);
  document(manifest, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` });
  await refused(t, registry, 'NOT_AS_SAID', /the digest of/);
  document(manifest);
  const layer = `blobs/sha256:${parts.layer.descriptor.sha256}`;
  put(layer, { body: moduleOf(2, 3000) });
  await refused(t, registry, 'NOT_AS_SAID', /the SHA-256 of .* nothing was taken/);
  put(layer, { body: module.subarray(1) });
  await refused(t, registry, 'NOT_AS_SAID', /the size of/);
  put(layer, { body: Buffer.concat([module, Buffer.alloc(9)]) });
  await refused(t, registry, 'ANSWER_TOO_LARGE', /more than \d+ bytes/);
  document({ ...manifest, layers: [{ ...(manifest.layers as object[])[0], size: 2 ** 40 }] });
  await refused(t, registry, 'ANSWER_TOO_LARGE', /has 1099511627776 bytes/);
});

test('what is laid out otherwise than a module for devices is refused with what it is', async (t) => {
  const { registry, document, put, manifest } = withModule(module);
  const image = 'application/vnd.oci.image.config.v1+json';
  const [layer] = manifest.layers as object[];
  const cases: readonly (readonly [object, RegExp])[] = [
    [
      { ...manifest, config: { ...(manifest.config as object), mediaType: image } },
      /configuration is "application.vnd/,
    ],
    [{ ...manifest, layers: [layer, layer] }, /it has 2 layers/],
    [{ ...manifest, layers: [{ ...layer, mediaType: 'application/x-tar' }] }, /its layer is "application\/x-tar"/],
    [{ ...manifest, layers: [{ ...layer, digest: 'sha512:00' }] }, /a digest is "sha512:00"/],
    [{ ...manifest, manifests: [] }, /a list of manifests and a manifest at once/],
    [{ ...manifest, mediaType: 'text/html' }, /it is "text\/html"/],
  ];
  for (const [value, words] of cases) {
    document(value);
    await refused(t, registry, 'NOT_A_MODULE', words);
  }
  document(new TextEncoder().encode('<html>'));
  await refused(t, registry, 'NOT_A_MODULE', /no JSON object/);
  const digest = 'b'.repeat(64);
  const elsewhere = { architecture: 'wasm', os: 'wasip1', layerDigests: [`sha256:${digest}`] };
  for (const [config, words] of [
    [{ ...elsewhere, os: 'wasip2' }, /made for "wasip2"/],
    [elsewhere, /names another layer/],
  ] as const) {
    const bytes = new TextEncoder().encode(JSON.stringify(config));
    const sha256 = sha256Hex(bytes);
    put(`blobs/sha256:${sha256}`, { body: bytes });
    document({ ...manifest, config: { mediaType: mediaTypes.config, digest: `sha256:${sha256}`, size: bytes.length } });
    await refused(t, registry, 'NOT_A_MODULE', words);
  }
});

const bearer = 'Bearer realm="https://auth.example/token",service="reg",scope="repository:apps/crane:pull"';

/** Has all that is there ask for a token, and one be made. */
function guard(registry: StandIn, challenge = bearer): void {
  for (const [key, said] of registry.answers) {
    registry.answers.set(key, (request) =>
      request.headers.authorization === 'Bearer good'
        ? (said as object)
        : { status: 401, headers: { 'www-authenticate': challenge } },
    );
  }
}

test('a token is asked for once, as whom is logged in, where the registry says', async (t) => {
  const asGuest = 'https://auth.example/token?service=reg&scope=repository%3Aapps%2Fcrane%3Apull';
  const identity = { kind: 'identity', token: 'kept' } as const;
  const password = { kind: 'password', user: 'ada', password: 's3cret' } as const;
  const ways: readonly (readonly [Credential, string, string | undefined])[] = [
    [{ kind: 'nobody' }, `GET ${asGuest}`, undefined],
    [password, `GET ${asGuest}`, `Basic ${Buffer.from('ada:s3cret').toString('base64')}`],
    [identity, 'POST https://auth.example/token', undefined],
  ];
  for (const [credential, place, authorization] of ways) {
    const { registry } = withModule(module);
    registry.credential = credential;
    guard(registry);
    registry.answers.set(place, { body: JSON.stringify({ access_token: 'good' }) });
    t.is((await pull(registry)).bytes.length, module.length);
    const [made, ...more] = registry.asked.filter(({ url }) => url.startsWith('https://auth.example'));
    t.is(more.length, 0);
    t.is(made?.headers.authorization, authorization);
    if (credential.kind === 'identity') t.regex(String(Buffer.from(made!.body!)), /refresh_token=kept/);
  }
});

test('who is not let in is told how to log in, and no password goes where anybody could listen', async (t) => {
  const { registry } = withModule(module);
  guard(registry);
  await refused(t, registry, 'NOT_AUTHORIZED', /gives no token .* docker login registry\.example/);
  guard(registry, 'Bearer realm="http://auth.example/token"');
  registry.credential = { kind: 'password', user: 'ada', password: 's3cret' };
  await refused(t, registry, 'BAD_ANSWER', /only https is followed/);
  guard(registry, 'Basic realm="x"');
  await refused(t, registry, 'NOT_AUTHORIZED', /HTTP 401/);
  registry.answers.clear();
  await refused(t, registry, 'NOT_THERE', /HTTP 404/);
});

test('where a registry sends on, nobody is shown what lets in: a blob comes from there, a question for a password ends it', async (t) => {
  const { registry, parts } = withModule(module);
  const path = `${base}blobs/sha256:${parts.layer.descriptor.sha256}`;
  guard(registry);
  const asGuest = 'https://auth.example/token?service=reg&scope=repository%3Aapps%2Fcrane%3Apull';
  registry.answers.set(`GET ${asGuest}`, { body: JSON.stringify({ token: 'good' }) });
  registry.answers.set(`GET ${path}`, { status: 307, headers: { location: 'https://store.example/b?sig=1' } });
  registry.answers.set('GET https://store.example/b?sig=1', { body: module });
  t.is((await pull(registry)).bytes.length, module.length);
  const there = registry.asked.find(({ url }) => url.startsWith('https://store'));
  t.is(there?.headers.authorization, undefined);
  registry.answers.set('GET https://store.example/b?sig=1', { status: 401, headers: { 'www-authenticate': bearer } });
  await refused(t, registry, 'NOT_AUTHORIZED', /store\.example, which wants to know who asks/);
  for (const location of ['http://store.example/b', 'http://127.0.0.1/b', 'file:///etc/passwd', '//']) {
    registry.answers.set(`GET ${path}`, { status: 302, headers: { location } });
    await refused(t, registry, 'BAD_ANSWER', /sends on to .*: only https is followed/);
  }
  registry.answers.set(`GET ${path}`, { status: 302, headers: { location: path } });
  await refused(t, registry, 'BAD_ANSWER', /more than 5 times/);
});
