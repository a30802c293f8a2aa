import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runCommand } from '../../../cli/run-command.ts';
import type { SimulationDocument } from '../../../schemas/generated/types.ts';
import { isSimulationDocument } from '../../../schemas/generated/validators/simulation.js';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

const hourMs = 3_600_000;

/** The harbor, with a new release of its tide logger in the working tree. */
async function harbor(t: ExecutionContext): Promise<ScenarioWorld> {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor', { hasWaves: true });
  await world.commit('A harbor');
  world.addRelease('tide-logger', '1.1.0');
  world.edit('applications/tide-logger.yaml', 'release: 1.0.0', 'release: 1.1.0');
  return world;
}

function documentOf(output: string): SimulationDocument {
  const document: unknown = JSON.parse(output);
  if (isSimulationDocument(document)) return document;
  throw new Error(JSON.stringify(isSimulationDocument.errors));
}

test('a simulation tells of waves, links and what it assumes, fetches what the plan says, draws a picture, and refuses what makes no sense', async (t) => {
  const world = await harbor(t);
  const plan = JSON.parse((await world.fleet(['plan', '-o', 'json'])).output);
  const picture = join(world.repository, '..', 'waves.svg');
  const simulate = ['simulate', '--contact', 'always'];
  const asJson = await world.fleet([...simulate, '--seeds', '2', '-o', 'json']);
  const { fleets, links, runs, assumed: asked } = documentOf(asJson.output);
  t.is(asJson.exitCode, 0);
  t.deepEqual(
    fleets.map(({ fleet, devices, halted }) => [fleet, devices, halted]),
    plan.fleets.flatMap(({ fleet, deploying }: { fleet: string; deploying: number }) =>
      deploying === 0 ? [] : [[fleet, deploying, 0]],
    ),
  );
  t.deepEqual(links[0]!.bytes, { p50: plan.bytes, p95: plan.bytes, worst: plan.bytes });
  t.is(runs.length, 2);
  t.like(asked, { contact: 'always', remembered: 0 });

  const text = await world.fleet([...simulate, '--seed', '2', '--dark', 'borealis=14d', '--plot', picture]);
  t.regex(text.output, /^simulate {2}working tree of .*\nbase {6}[0-9a-f]{7} "A harbor" HEAD\n/);
  t.regex(text.output, /^ships +canary +0s +\d+s +\d+s +\d+s +█/m);
  t.regex(text.output, /^ships +rest +\d+s +14d/m);
  t.regex(text.output, /^ships +all devices +0s +14d/m);
  t.regex(text.output, /^port +\d/m);
  t.regex(text.output, /borealis dark for 14d/);
  const late = await world.fleet([...simulate, '--seed', '2', '--dark', 'borealis=14d', '--until', '1d', '-o', 'json']);
  t.like(documentOf(late.output).fleets[0], { underWay: 1, allDevices: { p50: null } });
  t.true(existsSync(picture));
  t.regex(readFileSync(picture, 'utf8'), /^<svg .*ships: canary.*<\/svg>\n$/s);

  const refusals: readonly (readonly [string[], RegExp])[] = [
    [['--dark', 'auroa=2d'], /--dark auroa: no device that changes is there; .* such as aurora, borealis/],
    [['--when-true', '120%'], /--when-true 120%: write a share of the time from 0% to 100%/],
    [['--approve-after', 'soon'], /--approve-after soon: write a time such as 90m/],
    [['--plot', 'waves.png'], /--plot waves.png: .* write FILE.svg/],
    [['--plot', 'nowhere/waves.svg'], /there is no directory .*nowhere/],
    [['--seeds', '1000000'], /--seeds 1000000: write a whole number from 1 to 1000/],
  ];
  for (const [args, refusal] of refusals) {
    const refused = await world.fleet(['simulate', ...args]);
    t.regex(refused.output, refusal);
    t.is(refused.exitCode, 2, args.join(' '));
  }

  // The scenario begins at eight.
  const ofShips = (text: string) => `${text}\n  windows: { activate: [{ cron: "0 22 * * *", duration: 1h }] }`;
  world.edit('fleets/ships.yaml', '  probationSeconds: 3', ofShips('  probationSeconds: 3'));
  const assumed = ['--approve-after', '4h', '--consent-after', '6h', '--when-true', '60%'];
  const waiting = await world.fleet([...simulate, '--seed', '2', ...assumed]);
  t.regex(
    waiting.output.replace(/\s+/g, ' '),
    /assumed modules .*; conditions true for 60 % of the time, in stretches of chance; consent 6h after it is asked for; the yes to a wave 4h after it is waited for/,
  );
  t.regex(
    waiting.output,
    /^FLEET +WAITS FOR +DEVICES +95% +WORST +LONGEST +95% +WORST\nships +WINDOW +4 +4 +4 +13h +13h +13h$/m,
  );
  const told = documentOf((await world.fleet([...simulate, '--seed', '2', '-o', 'json'])).output);
  t.like(told.fleets[0]!.waits, [{ code: 'WINDOW', devices: { p50: 4 } }]);

  world.edit('applications/tide-logger.yaml', 'release: 1.1.0', 'release: 9.9.9');
  t.is((await world.fleet(['simulate'])).exitCode, 13);
});

/** Four silences of two days are remembered of it; the last goes on. */
async function comesAndGoes(world: ScenarioWorld, device: string): Promise<void> {
  for (let silence = 0; silence < 5; silence += 1) {
    await world.connect(device, true);
    await world.later(hourMs);
    await world.connect(device, false);
    await world.later(48 * hourMs);
  }
}

test('what the controller told into a file is as good as the controller, whose memory of contacts counts whatever the base is', async (t) => {
  const world = await harbor(t);
  await world.startController();
  await comesAndGoes(world, 'aurora-bridge');
  const file = join(world.repository, '..', 'status.json');
  let told = '';
  await runCommand(
    world.context((text) => {
      told += text;
    }),
    ['status', '-o', 'json', '--rows'],
  );
  writeFileSync(file, told);
  const simulate = ['simulate', '--seed', '1', '-o', 'json'];
  const asked = documentOf((await world.fleet(simulate)).output);
  t.like(asked, {
    base: { name: 'in force at the controller' },
    beginning: { rollouts: [{ fleet: 'ships', state: 'running', wave: 1 }] },
    assumed: { places: 2, remembered: 1 },
  });
  const against = documentOf((await world.fleet([...simulate, '--against', 'HEAD'])).output);
  t.is(against.assumed.remembered, 1);

  world.reachable = false;
  await world.later(24 * hourMs);
  const read = await world.fleet([...simulate, '--status', file]);
  t.deepEqual(documentOf(read.output), asked);
  const { output } = await world.fleet(['simulate', '--seed', '1', '--status', file]);
  const flat = output.replace(/\s+/g, ' ');
  t.regex(flat, /by \S+status.json, which was told at 2026-06-11T13:00Z: then the commit comes into force/);
  t.regex(
    flat,
    /begins where the controller stood at 2026-06-11T13:00Z: rollout 1 of ships running, wave 1 of 2 canary: 0 of 2 updated, 1 contacted, 1 dark/,
  );
  t.regex(flat, /assumed devices on the way stand where they said last/);
  t.regex(
    flat,
    /contact 1 place as the controller remembers, .*; no history of 1 place: assumed in contact as a ship is/,
  );
  t.regex((await world.fleet(['simulate'])).output, /contact +no history of 2 places: assumed/);

  const document = JSON.parse(told);
  const withoutRows = { ...document, rows: undefined };
  const isShip = ({ key }: { key: string }) => key === 'aurora-bridge';
  const damaged = document.rows.map((row: { key: string }) => (isShip(row) ? { ...row, value: '{"shadow":1}' } : row));
  for (const [text, refusal] of [
    [
      JSON.stringify(withoutRows),
      /it does not tell what the controller goes by; write what `fleet status -o json --row/,
    ],
    ['{', /--status \S+: it is no JSON: .*; write what `fleet status -o json --rows` prints into it/],
    ['{}', /--status \S+: it is no status: the document must have required property/],
  ] as const) {
    writeFileSync(file, text);
    const refused = await world.fleet(['simulate', '--status', file]);
    t.regex(refused.output.replace(/\s+/g, ' '), refusal);
    t.is(refused.exitCode, 2);
  }
  writeFileSync(file, JSON.stringify({ ...document, rows: damaged }));
  const { output: unbelieved } = await world.fleet(['simulate', '--status', file]);
  t.regex(unbelieved.replace(/\s+/g, ' '), /its row device\/aurora-bridge can't be believed: it\.shadow/);
  t.regex((await world.fleet(['simulate', '--status', 'nowhere.json'])).output, /can't be read: .*nowhere.json/s);
});
