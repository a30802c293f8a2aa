import test from 'ava';
import { whatToTry } from '../../../cli/demo/what-to-try.ts';

const device = { name: 'borealis-engine', site: 'borealis' };

function linesAt(columns: number, projectDirectory = '/home/ada/src/fleet'): string[] {
  const repository = '/tmp/fleet-demo-0a1b2c3d/fleet';
  return whatToTry({ repository, projectDirectory, device, pid: 4_194_304, columns, url: undefined })
    .trim()
    .split('\n');
}

test('what to try fits a terminal of 80 columns, so that every command can be copied whole', (t) => {
  for (const line of linesAt(80)) t.true(line.length <= 80, line);
  const project = '/home/ada/a much longer/way/to/the/checkout';
  const [, enter, path] = linesAt(80, project);
  t.is(enter, '  cd /tmp/fleet-demo-0a1b2c3d/fleet');
  t.is(path, `  PATH='${project}':$PATH`);
});

test('what to try says beside a command what it shows wherever there is room', (t) => {
  const withoutNote = (columns: number) => linesAt(columns).filter((line) => !line.includes('  # ')).length;
  t.is(withoutNote(80), 6);
  t.is(withoutNote(200), 2);
});

test('what to try begins with where the page is, and where the token lies that it asks for', (t) => {
  const at = { repository: '/tmp/demo/fleet', projectDirectory: '/src', device, pid: 7, columns: 80 };
  const lines = whatToTry({ ...at, url: 'https://127.0.0.1:7443' })
    .trim()
    .split('\n');
  t.regex(lines[0]!, /^The page: https:\/\/127\.0\.0\.1:7443\/ /);
  t.is(lines[1], 'Its token: cat /tmp/demo/fleet/../controller/api-token');
  for (const line of lines) t.true(line.length <= 80, line);
});
