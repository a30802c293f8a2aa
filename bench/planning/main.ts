/**
 * What planning costs by the size of the fleet: all of it from nothing, and what a commit of one manifest, a report and a tick add,
 * beside planning all of it anew in the same run, which has to come to the same.
 */
import { parseArgs } from 'node:util';
import { applyChanges } from '../../controller/manifests/apply-changes.ts';
import type { FileChange } from '../../controller/manifests/draft.ts';
import { desiredOf, emptyManifestState, type ManifestState } from '../../controller/manifests/manifest-state.ts';
import { median } from '../median.ts';
import { allFiles, applicationFile, catalogue, deviceFile, deviceName, fleetFile, type Size } from './manifests.ts';
import { Planner } from './planner.ts';

const fleetsUsually = 200;

function msOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function medianMsOf(count: number, work: (at: number) => void): number {
  return median(Array.from({ length: count }, (_, at) => msOf(() => work(at))));
}

/** A repository, and its planner. */
class Life {
  readonly planner = new Planner();
  readonly size: Size;
  state: ManifestState = emptyManifestState;

  constructor(size: Size) {
    this.size = size;
  }

  /** Judges what changed and plans what follows. */
  commit(changes: Iterable<FileChange>): void {
    const applied = applyChanges(this.state, changes, catalogue);
    if (applied.kind === 'refused')
      throw new Error(JSON.stringify([applied.problems, applied.findings]).slice(0, 1_000));
    this.state = applied.state;
    this.planner.commit(desiredOf(applied.state), applied.affected);
  }

  /** As a controller does that has just started. Returns what it took; throws where it comes to something else. */
  planAnew(): number {
    const { planner } = this;
    const anew = new Planner();
    anew.now = planner.now;
    for (const [name, record] of planner.image.devices) anew.image.apply({ kind: 'device', name, record });
    for (const [fleet, rollout] of planner.image.rollouts) anew.image.apply({ kind: 'rollout', fleet, rollout });
    for (const definition of planner.image.goodDefinitions) {
      anew.image.apply({ kind: 'definition', fleet: definition.fleet, definition });
    }
    const ms = msOf(() => anew.start(desiredOf(this.state)));
    if (anew.issued > 0 || anew.counts !== planner.counts) throw new Error('planning anew comes to something else');
    return ms;
  }
}

interface Figures {
  readonly [figure: string]: number;
}

function measure(size: Size): Figures {
  const life = new Life(size);
  const { planner } = life;
  const { devices } = size;
  const first = [...allFiles(size, '1.0.0', false)];
  const fromNothingMs = msOf(() => life.commit(first));
  for (let at = 0; at < devices; at += 1) planner.report(deviceName(at));
  life.commit(Array.from({ length: size.fleets }, (_, at) => fleetFile(at, true)));
  const releaseMs = msOf(() => life.commit([applicationFile('1.1.0')]));
  const planAnewMs = life.planAnew();
  const manifestMs = medianMsOf(21, (at) => life.commit([deviceFile(size, at, 2)]));
  const reportMs = medianMsOf(1_001, (at) => planner.report(deviceName((at * 7) % devices)));
  life.planAnew();
  const tickMs = medianMsOf(101, () => planner.tick('fleet-0'));
  return {
    ...{ fromNothingMs, releaseMs, planAnewMs, manifestMs, reportMs, tickMs },
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
}

/** Runs the benchmark and prints it, as lines or as JSON. */
export async function run(args: readonly string[]): Promise<void> {
  const options = {
    json: { type: 'boolean' },
    devices: { type: 'string', default: '1000,10000,100000' },
    fleets: { type: 'string', default: String(fleetsUsually) },
  } as const;
  const { json, devices, fleets } = parseArgs({ args: [...args], options }).values;
  const counts = devices.split(',').map(Number);
  for (const count of [...counts, Number(fleets)]) {
    if (!Number.isInteger(count) || count < 1)
      throw new TypeError(`--devices ${devices} --fleets ${fleets}: no numbers`);
  }
  for (const count of counts) {
    const figures = measure({ devices: count, fleets: Number(fleets) });
    const told = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(value < 10 ? 3 : 0)}`);
    process.stdout.write(
      json
        ? `${JSON.stringify({ devices: count, fleets: Number(fleets), ...figures })}\n`
        : `${count} devices  ${told.join('  ')}\n`,
    );
  }
}
