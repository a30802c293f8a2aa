/**
 * Real processes and kill -9: while revisions are on their way, controller, agents with their app hosts and couriers, and the
 * broker are killed at random moments and started again. It must converge, nothing may run twice, and nothing may be lost. `FLEET_SEED=N` draws the
 * same victims and moments again; a hunt has the world of the embedded broker too.
 */
import test, { type ExecutionContext } from 'ava';
import { stateOf } from '../../cli/demo/demo-fleet.ts';
import { addRelease } from '../../controller/publishing/authoring/add-release.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import type { Report, StatusDocument } from '../../schemas/generated/types.ts';
import { mosquitto } from '../controller/doors/mqtt/mosquitto.ts';
import { eventually, processesOf, type RunningProcess } from '../end-to-end/processes.ts';
import { testimonies, witnessModule } from '../end-to-end/witness.ts';
import { makeWorld, startWorld, type TestWorld } from '../end-to-end/world.ts';
import { isHunt } from '../hunt.ts';

const devices = ['aurora-bridge', 'aurora-engine', 'truck-7-cab'];
const generousMs = 60_000;
/** Kills fall into this time after a commit: fetching, activation and probation take about as long. */
const stormMs = 5_000;

const applicationText = (version: string): string => `apiVersion: fleet/v1alpha1
kind: Application
metadata:
  name: witness
spec:
  release: ${version}
`;

/** The next release of the witness and the manifest that wants it. */
function releaseWitness({ fleet, directory }: TestWorld, version: string): void {
  const { disk } = fleet.tree;
  const bytes = witnessModule(version);
  addRelease(fleet.tree, { name: 'witness', version, bytes, file: 'witness', random: nodeRandom, now: Date.now() });
  using file = disk.open(`${directory}/fleet/applications/witness.yaml`, 'write');
  file.write(0, new TextEncoder().encode(applicationText(version)));
}

/** Programs that an agent starts. */
const parts: Readonly<Record<string, string>> = { host: '/app-host.js', courier: '/courier.js' };

function isPart({ command }: RunningProcess, part: string): boolean {
  return command.some((word) => word.endsWith(parts[part]!));
}

function processesOfDevice(made: TestWorld, device: string): RunningProcess[] {
  return processesOf(`${made.directory}/devices/${device}/`);
}

/** Kills with SIGKILL whoever plays this part now, and says whether there was one; a part that nobody plays is about to be taken up again. */
function kill(made: TestWorld, victim: string): boolean {
  const [device, part] = victim.split(' ');
  const ofPart = (): number[] =>
    processesOfDevice(made, device!).flatMap((one) => (isPart(one, part!) ? [one.pid] : []));
  const pids = part === undefined ? [made.world.pidOf(device!)].filter(Boolean) : ofPart();
  let isKilled = false;
  for (const pid of pids) {
    try {
      process.kill(pid!, 'SIGKILL');
      isKilled = true;
    } catch {
      // It ended by itself, or lies dead already.
    }
  }
  return isKilled;
}

/** Waits until the shore has heard of a device that its agent was killed. */
async function isToldOfKill(made: TestWorld, device: string): Promise<void> {
  await eventually(`an event of the kill of ${device}`, generousMs, async () => {
    const { text } = await made.fleetCommand('events', `device/${device}`);
    return /was killed or crashed, and was started again .*AGENT_KILLED .*its own time/.test(text) || undefined;
  });
}

/** What may never go back, by device. */
class Watch {
  readonly #t: ExecutionContext;
  readonly #seen = new Map<string, Report>();

  constructor(t: ExecutionContext) {
    this.#t = t;
  }

  look({ devices: now }: StatusDocument): void {
    for (const { name, report, desired } of now) {
      if (report === undefined) continue;
      const before = this.#seen.get(name);
      this.#seen.set(name, report);
      if (report.highestSequence > (desired?.sequence ?? 0)) this.#t.fail(`${name} knows of a deployment never issued`);
      if (before === undefined) continue;
      const isSameBoot = report.boot?.id === before.boot?.id;
      if (isSameBoot && report.counter < before.counter)
        this.#t.fail(`${name}: report ${before.counter} was forgotten`);
      if (!isSameBoot && report.boot!.number <= before.boot!.number) this.#t.fail(`${name}: a boot was counted twice`);
      if (report.highestSequence < before.highestSequence) this.#t.fail(`${name}: its highest sequence went back`);
    }
  }
}

/** Looks at the status until the storm is over; the controller need not be there. */
async function watchFor(made: TestWorld, watch: Watch, forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    await made.world.status().then(
      (status) => watch.look(status),
      () => {},
    );
    await nodeClock.sleep(200);
  }
}

async function storm(
  made: TestWorld,
  watch: Watch,
  random: SimRandom,
  victims: readonly string[],
  killed: Set<string>,
): Promise<string> {
  const moments = victims.map((victim) => ({ victim, atMs: Math.round(random.fraction() * stormMs) }));
  const kills = moments.map(async ({ victim, atMs }) => {
    await nodeClock.sleep(atMs);
    if (kill(made, victim) && devices.includes(victim)) killed.add(victim);
  });
  await Promise.all([...kills, watchFor(made, watch, stormMs)]);
  return moments.map(({ victim, atMs }) => `${victim} at ${atMs} ms`).join(', ');
}

/** One supervisor and one app host a device, and one courier at most, once those that were killed are gone. */
async function nobodyTwice(made: TestWorld): Promise<void> {
  for (const device of devices) {
    await eventually(`one agent and one app host of ${device}`, generousMs, () => {
      const all = processesOfDevice(made, device);
      const count = (part: string): number => all.filter((one) => isPart(one, part)).length;
      return (count('host') === 1 && count('courier') <= 1 && all.length === 2 + count('courier')) || undefined;
    });
  }
}

/** Instances follow one another in the log and never come back; the last is of the last release. */
function neverTwiceAtOnce(t: ExecutionContext, made: TestWorld, version: string): void {
  for (const device of made.fleet.devices) {
    const told = testimonies(stateOf(device));
    const instances = told.map(({ instance }) => instance);
    t.is(new Set(instances).size, instances.length, `${device.name}: instances took turns: ${JSON.stringify(told)}`);
    t.true(told.at(-1)?.instance.startsWith(version), `${device.name}: ${JSON.stringify(told.at(-1))}`);
    const versions = instances.map((instance) => instance.split(' ')[0]!);
    t.deepEqual(versions, [...versions].sort(), `${device.name} never ran an older release again`);
  }
}

async function survive(t: ExecutionContext, rounds: readonly (readonly string[])[], withMosquitto: boolean) {
  t.timeout(4 * generousMs);
  const seed = Number(process.env.FLEET_SEED ?? Math.floor(nodeRandom.fraction() * 1e6));
  t.log(`FLEET_SEED=${seed}`);
  const random = new SimRandom(seed);
  const made = await makeWorld(t, devices);
  releaseWitness(made, '1.0.0');
  for (const fleet of ['ships', 'trucks'])
    made.edit(`fleets/${fleet}.yaml`, 'applications:\n', 'applications:\n    - name: witness\n');
  const first = await made.world.commit('A witness');
  await startWorld({ ...made, first }, { mosquitto: withMosquitto });
  const watch = new Watch(t);
  const killed = new Set<string>();
  for (const [index, victims] of rounds.entries()) {
    const version = `${index + 2}.0.0`;
    releaseWitness(made, version);
    const revision = await made.world.commit(`witness ${version}`);
    const startedAt = performance.now();
    t.log(`${version}: ${await storm(made, watch, random, victims, killed)}`);
    const status = await made.world.converge(revision, generousMs);
    watch.look(status);
    t.log(`converged ${Math.round(performance.now() - startedAt)} ms after the commit`);
    for (const { name, desired, report } of status.devices) {
      t.is(desired?.sequence, index + 2, `${name}: each revision was issued once`);
      t.is(report?.running?.sequence, index + 2, name);
      t.is(report?.problem, undefined, name);
    }
    await nobodyTwice(made);
  }
  // The log is written in batches: the newest instance is in it soon.
  await eventually('the last release in every log', generousMs, () => {
    const last = made.fleet.devices.map((device) => testimonies(stateOf(device)).at(-1)?.instance ?? '');
    return last.every((instance) => instance.startsWith(`${rounds.length + 1}.0.0`)) || undefined;
  });
  for (const device of killed) await isToldOfKill(made, device);
  neverTwiceAtOnce(t, made, `${rounds.length + 1}.0.0`);
}

/** One world is much like the other: the test run takes that in which a broker of others is killed too, where it can. */
const worlds = { ofOneBroker: isHunt || mosquitto === undefined, ofMosquitto: mosquitto !== undefined };

if (worlds.ofOneBroker)
  test.serial(
    'killed at random moments, controller and agents with all their parts converge; nothing runs twice or is lost',
    (t) =>
      survive(
        t,
        [
          ['controller', 'aurora-bridge', 'aurora-engine host', 'aurora-engine courier', 'truck-7-cab'],
          ['controller', 'aurora-bridge host', 'aurora-bridge courier', 'aurora-engine', 'truck-7-cab courier'],
        ],
        false,
      ),
  );

(worlds.ofMosquitto ? test.serial : test.serial.skip)(
  'killed at random moments, controller, agents with all their parts and Mosquitto converge; nothing runs twice or is lost',
  (t) => survive(t, [['mosquitto', 'controller', 'aurora-bridge', 'aurora-engine courier', 'truck-7-cab host']], true),
);
