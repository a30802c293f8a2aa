/** The example for Prometheus and Grafana: its rules fire when they should, and whatever it names is what a controller tells. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fleetFamilies } from '../../controller/metrics/fleet-families.ts';
import { Histogram } from '../../controller/metrics/histogram.ts';
import { latenessFamily, leadingFamily, stateFamilies } from '../../controller/metrics/process-families.ts';
import { wholeShore } from '../controller/whole-shore.ts';

const root = join(import.meta.dirname, '../..');
const directory = join(root, 'fleet-examples/observability');
const read = (path: string): string => readFileSync(path, 'utf8');

function promtool(...args: string[]) {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { cwd: directory, encoding: 'utf8' });
  return { isMissing: error !== undefined, status, said: `${stdout}${stderr}` };
}

const hasPromtool = !promtool('--version').isMissing;
if (!hasPromtool)
  console.log('test/fleet-examples/observability: rules are not tested: there is no promtool (prometheus)');

(hasPromtool ? test : test.skip)('Prometheus takes the configuration, and every rule fires when it should', (t) => {
  for (const args of [
    ['check', 'config', 'prometheus.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ]) {
    const { status, said } = promtool(...args);
    t.is(status, 0, said);
  }
});

/** Names of families as a controller that leads tells them. */
async function toldNames(): Promise<ReadonlySet<string>> {
  const controller = await wholeShore().boot();
  const families = [
    leadingFamily(true),
    ...fleetFamilies(controller.readings()),
    ...stateFamilies({ commitSeconds: new Histogram([]), failures: new Map() }),
    latenessFamily({ seconds: new Histogram([]) }),
  ];
  const endings = { gauge: [''], counter: ['_total'], histogram: ['_bucket'], gaugehistogram: ['_bucket'] } as const;
  return new Set(families.flatMap(({ name, kind }) => endings[kind].map((ending) => `${name}${ending}`)));
}

/** Expressions begin with functions and labels, metrics with the name of the project. */
function namedIn(text: string): string[] {
  return text.match(/\bfleet_[a-z_]+\b/g) ?? [];
}

test('whatever rules, their tests and the dashboard name is told by a controller, and documented; so is all else that it tells', async (t) => {
  const told = await toldNames();
  for (const file of readdirSync(directory)) {
    const unknown = namedIn(read(join(directory, file))).filter((name) => !told.has(name));
    t.deepEqual(unknown, [], file);
  }
  const documented = new Set(namedIn(read(join(root, 'docs/watching.md'))));
  for (const name of told) t.true(documented.has(name.replace(/_bucket$/, '')), `docs/watching.md lacks ${name}`);
  for (const name of documented) t.true(told.has(name) || told.has(`${name}_bucket`), `nobody tells ${name}`);
});

test('the dashboard asks the source that is chosen, and each panel something', (t) => {
  const { panels, templating } = JSON.parse(read(join(directory, 'dashboard.json')));
  t.is(templating.list[0].name, 'source');
  for (const { title, datasource, targets } of panels) {
    t.is(datasource.uid, '${source}', title);
    t.true(targets.length > 0 && targets.every(({ expr }: { expr: string }) => namedIn(expr).length > 0), title);
  }
});
