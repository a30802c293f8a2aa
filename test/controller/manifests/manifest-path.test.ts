import test from 'ava';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import { isManifestPath } from '../../../controller/manifests/manifest-path.ts';
import { emptyManifestState } from '../../../controller/manifests/manifest-state.ts';
import { parseManifestFile } from '../../../controller/manifests/parse-file.ts';
import { decodeParsedFile, encodeParsedFile } from '../../../controller/manifests/parsed-file-cache.ts';
import { passedOver } from '../../../controller/manifests/passed-over.ts';
import { catalogue, device } from './fleet-fixture.ts';

const compose = 'services:\n  web:\n    image: nginx\n';
const misspelt = device('bridge', { kind: 'ship' }).replace('fleet/v1alpha1', 'flet/v1alpha1');

function judge(files: Readonly<Record<string, string>>): string[] {
  const changes = Object.entries(files).map(([path, text]) => ({ path, file: parseManifestFile(Buffer.from(text)) }));
  const applied = applyChanges(emptyManifestState, changes, catalogue);
  return applied.kind === 'accepted' ? [] : applied.problems.map(({ file, code }) => `${file} ${code}`);
}

test('files of other tools in a repository refuse nothing', (t) => {
  t.false(isManifestPath('.gitlab-ci.yml'));
  t.false(isManifestPath('.pre-commit-config.yaml'));
  const strangers = {
    'docker-compose.yml': compose,
    'mkdocs.yml': 'theme: !!python/name:x.y\n- broken: [',
    'k8s/service.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: x }\n',
    'argo.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: x }\nspec: {}\n',
    'latin1.yml': 'name: \u00ff',
  };
  t.deepEqual(judge({ ...strangers, 'devices/bridge.yaml': device('bridge', { kind: 'ship' }) }), []);
});

test('where manifests live, whatever is no manifest is a mistake', (t) => {
  t.deepEqual(judge({ 'devices/docker-compose.yml': compose }), [
    'devices/docker-compose.yml UNKNOWN_API_VERSION',
    'devices/docker-compose.yml UNKNOWN_KIND',
  ]);
  t.deepEqual(judge({ 'north/sites/x.yaml': '[' }), ['north/sites/x.yaml YAML_SYNTAX']);
});

test('what says that it is ours, or most likely means to, is judged wherever it lies', (t) => {
  t.deepEqual(judge({ 'x.yaml': misspelt }), ['x.yaml UNKNOWN_API_VERSION']);
  t.deepEqual(judge({ 'x.yaml': 'apiVersion: fleet/v1alpha1\nkind: [' }), ['x.yaml YAML_SYNTAX']);
  t.deepEqual(judge({ 'x.yaml': 'kind: Device\nmetadata: { name: x }\nspec: {}\n' }), ['x.yaml UNKNOWN_API_VERSION']);
  t.deepEqual(judge({ 'x.yaml': `${device('a', {})}---\n${compose}` }), [
    'x.yaml UNKNOWN_API_VERSION',
    'x.yaml UNKNOWN_KIND',
  ]);
});

test('a pointer of Git LFS in the place of a manifest is named as what it is', (t) => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`;
  t.deepEqual(judge({ 'devices/x.yaml': pointer }), ['devices/x.yaml LFS_POINTER']);
});

test('a stranger is kept in the cache, so that a restart does not need the repository for it', (t) => {
  const stranger = parseManifestFile(Buffer.from(compose));
  t.true(stranger.isStranger);
  const again = decodeParsedFile(encodeParsedFile(stranger)!);
  t.true(again?.isStranger);
  t.is(applyChanges(emptyManifestState, [{ path: 'devices/x.yaml', file: again }], catalogue).kind, 'refused');
  t.is(encodeParsedFile(parseManifestFile(Buffer.from(misspelt))), undefined);
});

test('what git holds and nobody reads is told: submodules, links, and names that only look like manifests', (t) => {
  const odd = new Map([
    ['vendor/lib', 'submodule'],
    ['devices/link.yaml', 'link'],
  ] as const);
  const paths = [
    'devices/a.YAML',
    'sites/b.json',
    'package.json',
    'devices/c.yaml',
    'trust/1.root.json',
    'devices/README.md',
    '.fleet/keys/offline/trusted-root.json',
    '.github/workflows/ci.yml',
  ];
  t.deepEqual(
    passedOver(odd, paths).map(({ file, code }) => `${file} ${code}`),
    [
      '.fleet/keys/offline/trusted-root.json KEYS_IN_GIT',
      'devices/a.YAML UNREAD_NAME',
      'devices/link.yaml SYMBOLIC_LINK',
      'sites/b.json UNREAD_NAME',
      'vendor/lib SUBMODULE',
    ],
  );
  const many = Array.from({ length: 150 }, (_, at) => `devices/${at}.YML`);
  t.is(passedOver(new Map(), many).length, 101);
  t.is(passedOver(new Map(), many).at(-1)?.message, 'and 50 more are not read');
});
