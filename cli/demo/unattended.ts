/** The demo without anybody at it: what is deployed, in which order it comes, and what becomes of a release that does badly. */
import type { DeviceStatus, FleetStatus, StatusDocument } from '../../schemas/generated/types.ts';
import { type CommandContext, CommandError } from '../command.ts';
import { whyCommand } from '../commands/why.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { bytes } from '../render/quantities.ts';
import {
  badRelease,
  breakDemoFleet,
  canarySite,
  changeDemoFleet,
  changedApplication,
  type DemoFleet,
  fleetInWaves,
  mendDemoFleet,
} from './demo-fleet.ts';
import type { DemoWorld } from './demo-world.ts';

/** Each commit goes through two waves, on machines that have other things to do. */
const convergeMsMax = 90_000;

function say(context: CommandContext, text: string): void {
  context.stderr.write(`${text}\n`);
}

/** What the changed application cost on its way, in words. Throws when a device had to take more than a delta. */
function travelled({ devices }: StatusDocument): string {
  const downloads = devices.map(({ name, report }) => {
    const download = report?.downloads?.find((one) => one.name === changedApplication);
    if (download?.method === 'delta') return download;
    throw new CommandError(
      `${changedApplication} came to ${name} as ${download?.method ?? 'nobody knows'}, not as a delta`,
    );
  });
  const most = Math.max(...downloads.map((download) => download.bytes));
  const length = downloads[0]?.length ?? 0;
  return `${changedApplication} came to all of them as a delta: ${bytes(most)} at most, its module has ${bytes(length)}`;
}

/** The devices whose changes go wave by wave: those of the canary, and the others. */
function shipsOf({ devices }: StatusDocument): { readonly canary: DeviceStatus[]; readonly rest: DeviceStatus[] } {
  const ships = devices.filter(({ fleet }) => fleet === fleetInWaves);
  return {
    canary: ships.filter(({ site }) => site === canarySite),
    rest: ships.filter(({ site }) => site !== canarySite),
  };
}

function issuedAt({ name, desired }: DeviceStatus): number {
  if (desired === undefined) throw new CommandError(`${name} was issued nothing`);
  return Date.parse(desired.issuedAt);
}

/** That the canary was first, in words. Throws when another ship was not behind it. */
function whoWasFirst(status: StatusDocument): string {
  const { canary, rest } = shipsOf(status);
  const apartMs = Math.min(...rest.map(issuedAt)) - Math.max(...canary.map(issuedAt));
  if (apartMs <= 0) throw new CommandError('another ship was issued it before the canary was through with it');
  return `${canarySite} was first, as the canary; the other ship was offered it ${Math.round(apartMs / 1000)} s later`;
}

function rolloutOf({ fleets }: StatusDocument): NonNullable<FleetStatus['rollout']> {
  const rollout = fleets.find(({ name }) => name === fleetInWaves)?.rollout;
  if (rollout === undefined) throw new CommandError(`fleet ${fleetInWaves} has no rollout`);
  return rollout;
}

/** Whether it runs what is deployed to it, or ran before, without fault. */
function doesWell({ report }: DeviceStatus): boolean {
  const { phase, applications = [] } = report ?? {};
  return phase === 'active' && applications.length > 0 && applications.every(({ state }) => state === 'running');
}

/** What is in the way of seeing that the rollout of a commit halted, and that who tried it went back by itself. */
function notHalted(status: StatusDocument, commit: string): string | undefined {
  const { state, revision, reason } = rolloutOf(status);
  if (revision !== commit) return 'the rollout of the bad release has not begun';
  if (state !== 'halted') return `the rollout of the bad release is ${state}: ${reason.message}`;
  const bad = shipsOf(status).canary.find((device) => !doesWell(device));
  return bad && `${bad.name} is not back at what it ran before: ${bad.reason.message}`;
}

/** Throws when another ship was offered what the canary gave up. */
function onlyCanary(status: StatusDocument, commit: string): void {
  const offered = shipsOf(status).rest.find(({ desired }) => desired?.revision === commit);
  if (offered !== undefined) throw new CommandError(`${offered.name} was offered the bad release after all`);
}

/** A bad release comes to the canary, which rolls itself back; the rollout halts, and a commit takes it back. */
async function tryBadRelease(context: CommandContext, world: DemoWorld, fleet: DemoFleet): Promise<void> {
  breakDemoFleet(context, fleet);
  const bad = await world.commit(`${changedApplication} ${badRelease.version}, which nobody tried`);
  say(context, `committed ${bad.slice(0, 7)}: a release of ${changedApplication} that ends as soon as it is started`);
  onlyCanary(await world.until((status) => notHalted(status, bad), convergeMsMax), bad);
  say(context, 'the canary rolled itself back, the rollout halted, and no other ship was offered it:');
  await whyCommand.run(
    { ...world.context, stdout: context.stderr },
    { positionals: [`rollout/${fleetInWaves}`], flags: new Set(), values: {}, lists: {} },
  );
}

/** Deploys, changes, breaks and mends the fleet, checks what came of each, and prints the last status as JSON. */
export async function runUnattended(
  context: CommandContext,
  world: DemoWorld,
  fleet: DemoFleet,
  first: string,
): Promise<ExitCode> {
  const all = `all ${fleet.devices.length} devices run`;
  await world.converge(first, convergeMsMax);
  say(context, `${all} ${first.slice(0, 7)}`);
  changeDemoFleet(context, fleet);
  const second = await world.commit('position-beacon 1.1.0, and a faster Aurora');
  say(context, `committed ${second.slice(0, 7)}: a new release of position-beacon and a change of configuration`);
  const changed = await world.converge(second, convergeMsMax);
  for (const line of [`${all} ${second.slice(0, 7)}`, whoWasFirst(changed), travelled(changed)]) say(context, line);
  await tryBadRelease(context, world, fleet);
  mendDemoFleet(fleet);
  const third = await world.commit(`${changedApplication} as it was`);
  const status = await world.converge(third, convergeMsMax);
  say(context, `committed ${third.slice(0, 7)}, which takes it back at once: all devices run what git wants`);
  context.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`);
  return exitCodes.ok;
}
