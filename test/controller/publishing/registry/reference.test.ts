import test from 'ava';
import fc from 'fast-check';
import { parseChallenge } from '../../../../controller/publishing/authoring/registry/challenge.ts';
import {
  credentialPlace,
  helperAnswer,
} from '../../../../controller/publishing/authoring/registry/docker-credentials.ts';
import {
  originOf,
  parseReference,
  referenceText,
} from '../../../../controller/publishing/authoring/registry/reference.ts';
import { RegistryError } from '../../../../controller/publishing/authoring/registry/registry-error.ts';

const sha256 = '0f'.repeat(32);

test('a reference is read as it is written, and what is none says why', (t) => {
  const text = `oci://reg.example:5000/a/b-c.d:1.0_x@sha256:${sha256}`;
  t.deepEqual(parseReference(text), { host: 'reg.example:5000', repository: 'a/b-c.d', tag: '1.0_x', sha256 });
  t.is(referenceText(parseReference(text)), text);
  for (const bad of [
    'oci://',
    'oci://host',
    'oci://ada:pw@host/a:1',
    'oci://host/A:1',
    'oci://host/../a:1',
    'oci://host/a:1?x=y',
    'oci://host/a@sha256:12',
    'oci://host/a@sha512:00',
    'https://host/a:1',
  ]) {
    t.throws(() => parseReference(bad), { instanceOf: RegistryError, message: /write oci:\/\/HOST\/PATH/ }, bad);
  }
});

test('whatever text is read as a reference asks the host that it names, by TLS unless that is this machine', (t) => {
  const anyHost = fc.oneof(fc.domain(), fc.constantFrom('localhost', '127.0.0.1:5000', '[::1]:5000', '10.1.2.3:80'));
  fc.assert(
    fc.property(anyHost, fc.stringMatching(/^[a-z0-9@:/._?#\\-]{1,30}$/), (host, rest) => {
      try {
        const reference = parseReference(`oci://${host}/${rest}`);
        const { protocol, hostname } = new URL(`${originOf(reference)}/v2/${reference.repository}/`);
        t.is(`//${hostname}`, `//${new URL(`https://${host}`).hostname}`);
        t.is(protocol === 'http:', /^(localhost|127\.|\[::1\])/.test(host));
        t.deepEqual(parseReference(referenceText(reference)), reference);
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
      }
    }),
  );
});

test("of Docker's file the entry of that very host counts, a program of its own before what is written there", (t) => {
  const auth = Buffer.from('ada:s3:cret').toString('base64');
  const place = (config: unknown, host = 'reg.example') => credentialPlace(JSON.stringify(config), host, 'config.json');
  const ada = { kind: 'said', credential: { kind: 'password', user: 'ada', password: 's3:cret' } };
  t.deepEqual(place({ auths: { 'reg.example': { auth } } }), ada as never);
  t.deepEqual(place({ auths: { 'https://reg.example/v1/': { auth } } }), ada as never);
  t.deepEqual(place({ auths: { 'https://index.docker.io/v1/': { auth } } }, 'docker.io'), ada as never);
  for (const name of ['example', 'reg.example:5000', 'evil-reg.example', '__proto__'])
    t.deepEqual(place({ auths: { [name]: { auth } } }), { kind: 'said', credential: { kind: 'nobody' } });
  t.deepEqual(place({ credHelpers: { 'reg.example': 'pass' }, auths: { 'reg.example': { auth } } }), {
    ...{ kind: 'helper', program: 'docker-credential-pass', server: 'reg.example' },
  });
  t.like(place({ credsStore: 'desktop', auths: { 'reg.example': {} } }), { program: 'docker-credential-desktop' });
  t.throws(() => place({ credHelpers: { 'reg.example': '../sh' } }), { message: /a program .* that is no name/ });
  t.throws(() => place({ auths: { 'reg.example': { auth: 'YQ==' } } }), { message: /not USER:PASSWORD/ });
  t.throws(() => credentialPlace('{', 'h', 'config.json'), { message: /config\.json can't be used: it is no JSON/ });
});

test('a helper answers with a password or a token, or is no help', (t) => {
  const answer = (value: unknown) => helperAnswer(JSON.stringify(value), 'docker-credential-x');
  t.deepEqual(answer({ Username: '<token>', Secret: 'kept' }), { kind: 'identity', token: 'kept' });
  t.deepEqual(answer({ Username: 'ada', Secret: 'pw' }), { kind: 'password', user: 'ada', password: 'pw' });
  t.throws(() => answer({ Username: 'ada' }), { message: /no Username and Secret/ });
});

test('of what a registry asks for two schemes are known, and a header of any length costs little', (t) => {
  t.deepEqual(parseChallenge('Basic realm="a"'), { kind: 'basic' });
  t.deepEqual(parseChallenge('bearer realm="https://a/t",service="s"'), {
    ...{ kind: 'bearer', realm: 'https://a/t', service: 's' },
  });
  t.is(parseChallenge('Bearer service="s"'), undefined);
  t.is(parseChallenge('Negotiate'), undefined);
  t.is(parseChallenge(`Bearer realm="${'a'.repeat(9000)}"`), undefined);
});
