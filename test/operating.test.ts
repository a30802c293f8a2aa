/** What an operator reads in the log at night stands in docs/operating.md, code by code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

const root = join(import.meta.dirname, '..');
const tables = readFileSync(join(root, 'docs/operating.md'), 'utf8');

function sources(...rooms: readonly string[]): string {
  return rooms
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(root, room, name), 'utf8')),
    )
    .join('\n');
}

/** What stands in the first cell of a row, one or several. */
const explained = new Set(
  tables
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split(' | ', 1)[0]!.matchAll(/`([^`]+)`/g)].map(([, one]) => one!)),
);

function missing(found: readonly string[]): string[] {
  return [...new Set(found)].filter((one) => !explained.has(one)).sort();
}

/** The codes of a union type, each on a line of its own. */
function unionIn(file: string): string[] {
  return [...readFileSync(join(root, file), 'utf8').matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code!);
}

test('every event of the log that is a warning or an error has a row that says what to do', (t) => {
  const written = [
    /log\.write\(\s*(?:'warn'|'error'|level|isTold \? 'debug' : 'warn'),\s*'([a-z.-]+)'/g,
    /#(?:complain|miss)\(\s*'([a-z.-]+)'/g,
    /#tell\(.*, '([a-z]+\.[a-z-]+)'/g,
    /event: '([a-z]+\.[a-z-]+)'/g,
  ];
  const text = sources('controller').replaceAll(/level: 'info', event: '[a-z.-]+'/g, '');
  const events = written.flatMap((pattern) => [...text.matchAll(pattern)].map(([, event]) => event!));
  t.true(events.length > 20, 'the patterns find the lines');
  t.deepEqual(missing(events), []);
});

test('every code of the place where artifacts lie has a row that says what to do', (t) => {
  const codes = [...sources('controller/publishing/files').matchAll(/\| '(ARTIFACTS?_[A-Z_]+)'/g)].map(
    ([, code]) => code!,
  );
  t.is(codes.length, 6);
  t.deepEqual(missing(codes), []);
});

test('every code of a device or of the source has a row that says what to do', (t) => {
  const shore = sources('controller/planning', 'controller/engine', 'controller/following');
  const union = readFileSync(join(root, 'controller/source/source-error.ts'), 'utf8').matchAll(/\| '([A-Z_]+)'/g);
  const codes = [
    ...[...shore.matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)].map(([, code]) => code!),
    ...[...shore.matchAll(/standing\('[a-z]+', '([A-Z_]+)'/g)].map(([, code]) => code!),
    ...[...union].map(([, code]) => code!),
  ];
  t.true(codes.length > 25, 'the patterns find the codes');
  t.deepEqual(missing(codes), []);
});

test('every code of what a device could not do has a row that says what to do', (t) => {
  const metadata = unionIn('artifact/trust/error.ts').map((code) =>
    code.startsWith('METADATA_') ? code : `METADATA_${code}`,
  );
  const text = sources('device-agent/courier', 'device-agent/update', 'device-agent/health');
  const told = [...text.matchAll(/(?:code: |refuse\(\s*|\? |: |return )'([A-Z]+_[A-Z_]+)'/g)].map(([, code]) => code!);
  const codes = [...metadata, ...unionIn('device-agent/download/download-error.ts'), ...told];
  t.true(codes.length > 30, 'the patterns find the codes');
  t.deepEqual(missing(codes), []);
});

test('every code of who was not let in, and of the state, has a row that says what to do', (t) => {
  const text = sources('controller/doors/mqtt', 'controller/authority').replaceAll(/\/\*\*.*?\*\//gs, '');
  const refused = [...text.matchAll(/'([A-Z]+_[A-Z_]+)'/g)].map(([, code]) => code!);
  // What Node calls it inside of ours.
  const own = refused.filter((code) => code !== 'CERT_HAS_EXPIRED');
  const codes = [...own, ...unionIn('controller/state/state-port.ts')];
  t.true(codes.length > 25, 'the patterns find the codes');
  t.deepEqual(missing(codes), []);
});
