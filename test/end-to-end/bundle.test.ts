/** A real truck without a link is updated by a file that somebody carries to it, made by the real controller. */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { stateOf } from '../../cli/demo/demo-fleet.ts';
import { addExampleRelease } from '../../cli/example-fleet.ts';
import { makeWorld, startWorld } from './world.ts';

const device = 'truck-7-cab';
const site = 'truck-7';
const generousMs = 60_000;

/** What the unit runs that is there for a stick, on a directory in its place; what it told. */
async function runUnit(directory: string, state: string): Promise<string> {
  const unit = readFileSync(new URL('../../device-agent/systemd/fleet-agent-carried.service', import.meta.url), 'utf8');
  const [, , ...words] = /^ExecStart=(.*)$/m.exec(unit)![1]!.split(' ');
  const program = fileURLToPath(new URL('../../device-agent/command/main.ts', import.meta.url));
  const args = words.map((word) => (word === '/media/fleet' ? directory : word));
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, '--state', state]);
  return stdout;
}

test.serial('a device whose link is cut runs what a bundle brings, and the shore knows who carried it', async (t) => {
  t.timeout(4 * generousMs);
  const made = await makeWorld(t, [device]);
  await startWorld(made);
  const { world, fleet, directory } = made;
  const { clock } = world.context;
  const state = stateOf(fleet.devices[0]!);
  const file = `${directory}/truck.bundle`;
  const create = (name = site) =>
    made.fleetCommand('bundle', 'create', '--site', name, '-o', file, '--days', '20', '--as', 'ada');
  const apply = (from = file) => made.fleetCommand('agent', 'apply', from, '--state', state);
  t.regex((await create()).text, /site truck-7 runs all that it is offered \(1 of 1 devices\)/);
  t.regex((await create('truck-8')).text, /did you mean site\/truck-7/);
  t.false(existsSync(file));

  writeFileSync(world.linkFile(site), 'down');
  addExampleRelease(world.context, 'harbor', fleet.tree, 'position-beacon', '1.1.0');
  made.edit('applications/position-beacon.yaml', 'release: 1.0.0', 'release: 1.1.0');
  const second = await world.commit('Beacons tell more');
  let created = await create();
  for (let tries = 0; created.code !== 0 && tries < 60; tries++) {
    await clock.sleep(500);
    created = await create();
  }
  t.regex(
    created.text,
    /truck\.bundle has \d.*B for truck-7-cab \(deployment 2\); it may be installed until 20.*Z\.\n$/,
  );

  const half = `${directory}/half.bundle`;
  writeFileSync(half, readFileSync(file).subarray(0, statSync(file).size >> 1));
  t.regex((await apply(half)).text, /ends after \d+ bytes of \d+: .* copy it again \(BUNDLE_PARTIAL\)/);
  const stick = `${directory}/stick`;
  mkdirSync(stick);
  copyFileSync(file, `${stick}/truck.bundle`);
  t.regex(
    await runUnit(stick, state),
    /^truck-7-cab has all of deployment 2; \S+ is not needed any more\.\n\S+\/receipts\/truck-7-cab\.receipt has what /,
  );
  let status = '';
  for (let tries = 0; !/: active, .*\nRuns deployment 2 /s.test(status) && tries < 60; tries++) {
    await clock.sleep(500);
    status = (await made.fleetCommand('agent', 'status', '--state', state)).text;
  }
  t.regex(status, /position-beacon 1\.1\.0/);
  const logs = await made.fleetCommand('agent', 'logs', 'position-beacon', '--state', state);
  t.is(logs.code, 0);
  t.notRegex(logs.text, /may be missing/);
  t.regex(
    (await made.fleetCommand('events', `device/${device}`)).text,
    /ada carries deployment 2 to it in a bundle, which may be installed until \S+ BUNDLED/,
  );

  const receipt = `${directory}/truck.receipt`;
  const written = await made.fleetCommand('agent', 'receipts', '-o', receipt, '--state', state);
  t.regex(
    written.text,
    /truck\.receipt has what truck-7-cab says of itself, as of 20\S+, and \d+ messages? for the shore;/,
  );
  const forged = `${directory}/forged.receipt`;
  writeFileSync(forged, readFileSync(receipt, 'utf8').split('\n')[0]!.replace('"payload":"ey', '"payload":"eY'));
  const bring = (from: string) => made.fleetCommand('bundle', 'import', from, '--as', 'ada');
  t.regex((await bring(forged)).text, /forged\.receipt: refused: .* \(RECEIPT_FORGED\)/);
  t.regex((await bring(receipt)).text, /truck\.receipt: truck-7-cab as of 20\S+, with \d+ entr/);
  t.regex((await bring(receipt)).text, /refused: .* it was brought before, or is older \(RECEIPT_OLD\)/);
  t.regex(
    (await made.fleetCommand('events', `device/${device}`)).text,
    /ada brought \d+ entr(y|ies) of its logbook by hand RECEIPT/,
  );
  const why = (await made.fleetCommand('why', `device/${device}`)).text;
  t.regex(why, /it was last heard \S+ ago, by a receipt that ada brought \S+ ago\. Then it ran deployment 2 /);

  t.regex((await create()).text, /It tells 1 device what the shore has of their messages/);
  copyFileSync(file, `${stick}/truck.bundle`);
  const again = await runUnit(stick, state);
  t.regex(again, /^truck-7-cab has deployment 2 already; nothing is to be done\.\n/);
  const messagesIn = (text: string): number => Number(/(\d+) messages? for the shore/.exec(text)?.[1] ?? 0);
  t.true(messagesIn(again) < messagesIn(written.text), `${written.text}${again}`);

  writeFileSync(world.linkFile(site), 'up');
  await world.converge(second, generousMs);
  t.is((await apply()).text, `${device} has deployment 2 already; nothing is to be done.\n`);
});
