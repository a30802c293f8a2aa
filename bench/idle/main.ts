/**
 * What being online costs a device: bytes of IP for a session, a report in which nothing changed, a sign that the connection is
 * there, an update beside its patch; and what a day at rest is made of. Measured by one real agent and a real controller.
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keepAliveSecondsUsual, reportSecondsUsual as reportSeconds } from '../../device-agent/rhythm.ts';
import { changeRelease } from '../change-release.ts';
import { type LinkBytes, minus } from './counted-relay.ts';
import { measureAsking } from './measure-asking.ts';
import { MeasuredAgent, type MeasuredWorld, openWorld } from './measured-agent.ts';

/** One figure beside what it should be, where something is said of that. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly aim?: number;
}

interface Options {
  readonly minutes: number;
  readonly applications: readonly number[];
  readonly isWhole: boolean;
}

/** Until an agent has said all that follows from its start, or from an update. */
const settleMs = 12_000;
const convergeMsMax = 60_000;
/** Until its application, which prints a line every 5 s, has had the lines that an application's log takes at once. */
const firstLinesMs = 320_000;
/** The controller of this benchmark has its own broker, and follows connections. */
const reportSecondsUsual = reportSeconds.followed;
/** As often as the configuration lets them be. */
const quickSeconds = 5;
const daySeconds = 86_400;
/** In which it asks twice at least. */
const askingMinutesMin = 2;

const sum = ({ up, down }: LinkBytes): number => up + down;

/** Bytes of a session from its first packet until all is said. */
async function measureSession(world: MeasuredWorld): Promise<number> {
  const before = world.relays.totals()[1]!;
  const agent = await MeasuredAgent.start(world, []);
  await sleep(settleMs);
  const bytes = sum(minus(agent.bytes().mqtt, before));
  await agent.stop();
  return bytes;
}

/** Bytes of the session after one that the link ended, from its first packet until all is said. */
async function measureReturn(world: MeasuredWorld): Promise<number> {
  const agent = await MeasuredAgent.start(world, []);
  await sleep(settleMs);
  const before = agent.bytes().mqtt;
  await agent.reconnect();
  await sleep(settleMs);
  const bytes = sum(minus(agent.bytes().mqtt, before));
  await agent.stop();
  return bytes;
}

/** Bytes of what happens every few seconds, by how often it did. */
async function measureRhythm(world: MeasuredWorld, settings: readonly string[], minutes: number) {
  const agent = await MeasuredAgent.start(world, settings);
  await sleep(settleMs);
  const [before, first] = [agent.bytes().mqtt, (await agent.status()).report!.counter];
  await sleep(minutes * 60_000);
  const [after, last] = [agent.bytes().mqtt, (await agent.status()).report!.counter];
  await agent.stop();
  return { bytes: sum(minus(after, before)), reports: last - first };
}

/** What an update takes beside the bytes of its artifacts. */
async function measureUpdate(world: MeasuredWorld): Promise<{ readonly https: number; readonly mqtt: number }> {
  const { made } = world;
  const agent = await MeasuredAgent.start(world, []);
  await sleep(settleMs);
  const before = agent.bytes();
  changeRelease(made, 0);
  await made.world.converge(await made.world.commit('An update'), convergeMsMax);
  await sleep(settleMs);
  const after = agent.bytes();
  const { downloads = [] } = (await agent.status()).report!;
  const artifacts = downloads.reduce((bytes, one) => bytes + one.bytes, 0);
  await agent.stop();
  return { https: sum(minus(after.https, before.https)) - artifacts, mqtt: sum(minus(after.mqtt, before.mqtt)) };
}

/** The agent as it usually is, left alone; a whole hour counts from when it writes as it does all day. */
async function measureRest(world: MeasuredWorld, minutes: number, isWhole: boolean) {
  const agent = await MeasuredAgent.start(world, []);
  await sleep(isWhole ? firstLinesMs : settleMs);
  const [before, costsBefore] = [agent.bytes(), agent.costs()];
  await sleep(minutes * 60_000);
  const [after, costs] = [agent.bytes(), agent.costs()];
  await agent.stop();
  return {
    bytes: sum(minus(after.mqtt, before.mqtt)) + sum(minus(after.https, before.https)),
    wakeupsPerMinute: (costs.wakeups - costsBefore.wakeups) / minutes,
    writtenBytes: costs.writtenBytes - costsBefore.writtenBytes,
  };
}

async function* measureWith(applications: number, { minutes, isWhole }: Options): AsyncGenerator<Row> {
  await using stack = new AsyncDisposableStack();
  const world = await openWorld(stack, applications);
  const of = (name: string): string => `${name}, ${applications} application${applications === 1 ? '' : 's'}`;
  yield { name: of('the first session of an agent'), value: await measureSession(world), unit: 'B' };
  yield { name: of('a session after a cut'), value: await measureReturn(world), unit: 'B', aim: 1_500 };
  const often = [`--reportIntervalSeconds=${quickSeconds}`];
  const reports = await measureRhythm(world, often, minutes);
  const report = reports.bytes / reports.reports;
  yield { name: of('a report in which nothing changed'), value: report, unit: 'B' };
  const quickSigns = [`--mqtt.keepAliveSeconds=${quickSeconds}`, `--reportIntervalSeconds=${daySeconds}`];
  const sign = (await measureRhythm(world, quickSigns, minutes)).bytes / ((minutes * 60) / quickSeconds);
  yield { name: of('a sign that the connection is there'), value: sign, unit: 'B' };
  // A sign comes that often whatever else is said: reports go without a receipt, which is what would put it off.
  const day = (daySeconds / reportSecondsUsual) * report + (daySeconds / keepAliveSecondsUsual) * sign;
  const rhythm = `a report every ${reportSecondsUsual} s, a sign every ${keepAliveSecondsUsual} s`;
  yield { name: of(`a day at rest (${rhythm})`), value: day, unit: 'B', aim: 20_000 };
  const update = await measureUpdate(world);
  yield { name: of('an update, HTTPS beside the artifact'), value: update.https, unit: 'B' };
  yield { name: of('an update, MQTT'), value: update.mqtt, unit: 'B' };
  yield { name: of('an update, all told'), value: update.https + update.mqtt, unit: 'B', aim: 2_500 };
  const asking = await measureAsking(world, Math.max(minutes, askingMinutesMin));
  yield { name: of('the first question over HTTPS of an agent, with certificates'), value: asking.first, unit: 'B' };
  yield { name: of('a question to which nothing is news, with a key'), value: asking.again, unit: 'B', aim: 1_500 };
  for (const [rhythm, seconds] of Object.entries({ '6 h': 21_600, '15 min': 900 }))
    yield { name: of(`a day of asking every ${rhythm}`), value: (daySeconds / seconds) * asking.again, unit: 'B' };
  const restMinutes = isWhole ? 60 : minutes;
  const rest = await measureRest(world, restMinutes, isWhole);
  if (isWhole) yield { name: of('a day by a whole hour at rest'), value: rest.bytes * 24, unit: 'B', aim: 20_000 };
  yield { name: of('wake-ups a minute of supervisor and app host'), value: rest.wakeupsPerMinute, unit: '' };
  // One block in a minute says nothing of a day: what is written comes a few times an hour.
  yield isWhole
    ? { name: of('a day on the disk by that hour'), value: rest.writtenBytes * 24, unit: 'B', aim: 1_000_000 }
    : { name: of(`written to the disk in ${restMinutes} min after a start`), value: rest.writtenBytes, unit: 'B' };
}

function lineOf({ name, value, unit, aim }: Row): string {
  const figure = `${value.toFixed(0).padStart(9)} ${unit.padEnd(2)}`;
  return `${name.padEnd(88)}${figure}${(aim === undefined ? '' : `≤ ${aim}`).padStart(10)}\n`;
}

function optionsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '1' },
      applications: { type: 'string', default: '1,10' },
      hour: { type: 'boolean', default: false },
      inside: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  const applications = values.applications.split(',').map(Number);
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1 && value <= 60;
  if (!(minutes > 0) || !applications.every(isCount))
    throw new TypeError('--minutes and --applications are numbers above 0');
  return { ...values, minutes, applications, isWhole: values.hour };
}

/** Runs this benchmark again in a network of its own, whose packets are as long as those of a link. True when it did. */
function ranInOwnNetwork(args: readonly string[]): boolean {
  const launcher = fileURLToPath(new URL('../../fleet', import.meta.url));
  const script = 'ip link set lo up mtu 1500 && exec "$0" --run bench/main.ts idle --inside "$@"';
  const probe = spawnSync('unshare', ['-rn', 'sh', '-c', 'ip link set lo up mtu 1500']);
  if (probe.status !== 0) {
    process.stderr.write(
      'bench idle: no network of its own can be made here: packets are as long as the loopback has them\n',
    );
    return false;
  }
  const { status } = spawnSync('unshare', ['-rn', 'sh', '-c', script, launcher, ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  return true;
}

/** Runs the benchmark and prints each figure as it comes, or all as JSON. */
export async function run(args: readonly string[]): Promise<void> {
  const options = optionsOf(args);
  if (!options.inside && ranInOwnNetwork(args)) return;
  const rows: Row[] = [];
  for (const applications of options.applications) {
    for await (const row of measureWith(applications, options)) {
      rows.push(row);
      if (!options.json) process.stdout.write(lineOf(row));
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
}
