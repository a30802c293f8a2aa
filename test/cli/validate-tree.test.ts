import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { layFiles } from '../../cli/fleet-revision.ts';
import { renderProblem } from '../../cli/render/problems.ts';
import { waveLines, wavesIn } from '../../cli/render/wave-lines.ts';
import { validate, validateTree, validationSummary } from '../../cli/validate-tree.ts';
import { readWorkingTree } from '../../cli/working-tree.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { application, catalogue, device, type Files, fleet, stateOf } from '../controller/manifests/fleet-fixture.ts';

function directoryOf(t: ExecutionContext, files: Files): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-validate-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

function treeOf(t: ExecutionContext, files: Files) {
  return layFiles(readWorkingTree(nodeDisk, directoryOf(t, files)));
}

const good: Files = {
  'app.yaml': application('pump', '1.0.0'),
  'fleets/ships.yml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }]),
  'devices/bridge.yaml': device('bridge', { kind: 'ship' }),
};

const trusted = () => ({ catalogue, problems: [] });

const noModules = async () => undefined;

test('a tree that is right says how much it declares', async (t) => {
  const validation = await validateTree(treeOf(t, good), trusted);
  t.deepEqual(validation.problems, []);
  t.is(validationSummary(validation), '3 manifests are right: 1 device in 1 fleet');
});

test('only manifests and signed metadata are read', (t) => {
  const directory = directoryOf(t, {
    ...good,
    '.github/workflows/ci.yaml': 'on: push',
    'node_modules/x/a.yaml': 'x',
    'trust/1.root.json': '{}',
    'trust/note.yaml': 'x',
    'releases/pump/1.0.0.wasm': 'x',
    'fleet.config.yaml': 'cli: {}',
    'README.md': '# Hello',
  });
  t.deepEqual(
    [...readWorkingTree(nodeDisk, directory).tree.keys()].sort(),
    [...Object.keys(good), 'trust/1.root.json'].sort(),
  );
});

test('what is no file is not read, whatever its name: a pipe would never end, and no commit can hold it', async (t) => {
  const directory = directoryOf(t, good);
  const server = createServer().listen(join(directory, 'socket.yaml'));
  t.teardown(() => server.close());
  await once(server, 'listening');
  t.deepEqual([...readWorkingTree(nodeDisk, directory).tree.keys()].sort(), Object.keys(good).sort());
});

test('symbolic links are not followed, because the controller follows none', (t) => {
  const directory = directoryOf(t, good);
  const elsewhere = directoryOf(t, { 'more/site.yaml': 'secret: 1\n' });
  symlinkSync(join(directory, 'app.yaml'), join(directory, 'again.yaml'));
  symlinkSync(join(elsewhere, 'more'), join(directory, 'more'));
  symlinkSync('nowhere', join(directory, 'gone.yaml'));
  t.deepEqual([...readWorkingTree(nodeDisk, directory).tree.keys()].sort(), Object.keys(good).sort());
});

test('what is most likely not meant is a warning in the words of the controller, and the tree is right', async (t) => {
  const tree = treeOf(t, { ...good, 'devices/engine.yaml': device('engine', { kind: 'shp' }) });
  const { output, exitCode } = await validate(tree, trusted, noModules);
  t.is(exitCode, 0);
  t.regex(output, /^warning: devices\/engine.yaml:\d+:\d+: DEVICE_WITHOUT_FLEET no fleet selects device engine/);
  t.regex(output, /4 manifests are right/);
});

test('problems are printed with place, code, words, line and caret', async (t) => {
  const validation = await validateTree(treeOf(t, { ...good, 'app.yaml': application('pump', '1.2.0') }), trusted);
  t.deepEqual(validation.problems.map(renderProblem), [
    [
      'app.yaml:6:12: MISSING_RELEASE no signed release pump 1.2.0; did you mean "1.0.0"?',
      '      release: 1.2.0',
      '               ^',
    ].join('\n'),
  ]);
  t.is(validationSummary(validation), '1 problem in 3 manifests');
});

test('problems of the signed metadata stand among those of the manifests', async (t) => {
  const problem = { file: 'trust/targets.json', code: 'BAD_SIGNATURE', message: 'not signed by enough keys' };
  const validation = await validateTree(treeOf(t, good), () => ({ catalogue, problems: [problem] }));
  t.deepEqual(validation.problems, [problem]);
  t.is(renderProblem(problem), 'trust/targets.json: BAD_SIGNATURE not signed by enough keys');
  t.is(validation.state, undefined);
});

test('what a file holds cannot steer the terminal', async (t) => {
  const tree = treeOf(t, { 'evil.yaml': 'apiVersion: fleet/v1alpha1\nkind: "\u009b31m\u202e"\n' });
  const text = await (await validateTree(tree, trusted)).problems.map(renderProblem).join('\n');
  t.regex(text, /UNKNOWN_KIND/);
  for (const steering of ['\u009b', '\u202e', '\u001b']) t.false(text.includes(steering));
});

test('a caret stands under its character after a tab', (t) => {
  const problem = { file: 'a.yaml', line: 1, column: 3, code: 'X', message: 'y', excerpt: '\ta: b' };
  t.is(renderProblem(problem), 'a.yaml:1:3: X y\n    \ta: b\n    \t ^');
});

test('the command exits 0 on a tree that is right and 1 on one with problems, in words or as JSON', async (t) => {
  t.like(await validate(treeOf(t, good), trusted, noModules), {
    output: '3 manifests are right: 1 device in 1 fleet\n',
    exitCode: 0,
  });
  const wrong = treeOf(t, { ...good, 'sites/a.yaml': '- not a manifest\n' });
  const { output, exitCode } = await validate(wrong, trusted, noModules, { format: 'json' });
  t.is(exitCode, 1);
  t.like(JSON.parse(output), {
    manifests: 4,
    problems: [{ file: 'sites/a.yaml', line: 1, column: 1, code: 'NOT_A_MANIFEST' }],
  });
});

test('an empty directory is a fleet without devices', async (t) => {
  const { output } = await validate(treeOf(t, {}), trusted, noModules);
  t.is(output, '0 manifests are right: 0 devices in 0 fleets\n');
});

test('a tree that is right says which waves its fleets change in, and how many devices each takes', async (t) => {
  const rollout = { waves: [{ name: 'canary', limit: 1 }] };
  const devices = ['a', 'b', 'c'].map((name) => [`devices/${name}.yaml`, device(name, { kind: 'ship' })] as const);
  const files = { ...good, ...Object.fromEntries(devices) };
  const waves = async (own: object) => {
    const ships = fleet('ships', { kind: 'ship' }, [{ name: 'pump' }], { rollout: own });
    return (await validate(treeOf(t, { ...files, 'fleets/ships.yml': ships }), trusted, noModules)).output.split('\n');
  };
  t.deepEqual(await waves(rollout), [
    'ships changes in 2 waves: canary (1 device), then rest (3)',
    '6 manifests are right: 4 devices in 1 fleet',
    '',
  ]);
  t.is((await waves({}))[0], 'ships changes in 1 wave: rest (4 devices)');
});

test('of a fleet too large to look at all of its devices the waves that select are told without numbers', (t) => {
  const selector = { matchLabels: { canary: 'yes' } };
  const waves = (own: object) =>
    fleet('ships', { kind: 'ship' }, [{ name: 'pump' }], { rollout: { waves: [own] } as never });
  const files = { ...good, 'devices/a.yaml': device('a', { kind: 'ship', canary: 'yes' }) };
  const told = (own: object, lookedAtMax: number) =>
    waveLines(wavesIn(stateOf({ ...files, 'fleets/ships.yml': waves(own) }), lookedAtMax));
  t.deepEqual(told({ name: 'canary', selector }, 2), ['ships changes in 2 waves: canary (1 device), then rest (1)']);
  t.deepEqual(told({ name: 'canary', selector }, 1), ['ships changes in 2 waves: canary, then rest']);
  t.deepEqual(told({ name: 'canary', limit: 1 }, 0), ['ships changes in 2 waves: canary (1 device), then rest (1)']);
});
