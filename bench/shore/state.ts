/** The engine issues to every device of a fleet, on each engine of state in turn; nothing else is done. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateKeyFromSeed } from '../../artifact/trust/keys.ts';
import { Engine } from '../../controller/engine/engine.ts';
import { loadImage } from '../../controller/engine/load-image.ts';
import type { DesiredFleet } from '../../controller/manifests/desired.ts';
import { noneOpen } from '../../controller/planning/rollout/deltas.ts';
import { signDeployment } from '../../controller/publishing/sign-deployment.ts';
import type { Term } from '../../controller/state/leadership.ts';
import { openStatePlace } from '../../controller/state/open-place.ts';
import type { StatePort, StateWrite } from '../../controller/state/state-port.ts';
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { nodeDisk as disk } from '../../platform/node/disk.ts';
import { Turn } from '../../platform/turn.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { hasPostgres, TestServer } from '../../test/controller/state/postgres/test-database.ts';
import { median } from '../median.ts';
import type { Figures } from './part.ts';

const rounds = 5;
const revision = 'a'.repeat(40);
const log = { write: () => {} };
const key = privateKeyFromSeed(new Uint8Array(32).fill(1));

function digestOf(text: string): string {
  return sha256Hex(text);
}

/** Two applications each, as the devices of the examples have. */
function fleetOf(count: number): DesiredFleet {
  const applications = ['position-beacon', 'tide-logger'].map((name) => ({
    ...{ name, version: '1.0.0', config: { station: 'pier-1', intervalSeconds: 5 } },
    module: { length: 20_000, sha256: digestOf(name) },
  }));
  const template = { fleet: 'ships', probationSeconds: 30, applications, hash: digestOf('template') };
  const devices = Array.from({ length: count }, (_, n) => ({
    ...{ name: `ship-${n}`, site: 'aurora', fleet: 'ships', labels: {}, darkAfterSeconds: 3600, template },
    keyFingerprint: `SHA256:${digestOf(String(n)).slice(0, 43)}`,
  }));
  const byName = new Map(devices.map((device) => [device.name, device]));
  return { applications: new Map(), fleets: new Map(), sites: new Map(), devices: byName } as unknown as DesiredFleet;
}

/** What was committed, for who commits the same again without an engine. */
function recording(state: StatePort, commits: (readonly StateWrite[])[]): StatePort {
  return {
    load: (take) => state.load(take),
    read: (keys) => state.read(keys),
    commit: (writes) => {
      commits.push(writes);
      return state.commit(writes);
    },
    close: () => state.close(),
  };
}

/** Seconds until every device has a deployment that is durable. */
async function issueAll(state: StatePort, fleet: DesiredFleet): Promise<number> {
  const { image } = await loadImage(state, new Turn(clock));
  return new Promise((resolve, reject) => {
    const engine = new Engine({
      ...{ clock, log, state, image, keyId: key.keyId, tellsConnections: true },
      publish: async () => {},
      sign: (deployment) => signDeployment(deployment, key),
      putBlob: async () => {},
      deltasTo: () => noneOpen,
      onChange: () => {
        if (image.devices.size < fleet.devices.size) return;
        const seconds = (clock.monotonic() - startedAt) / 1000;
        engine.stop().then(() => resolve(seconds), reject);
      },
    });
    const startedAt = clock.monotonic();
    engine.resume(revision, fleet);
  });
}

async function commitAll(state: StatePort, commits: readonly (readonly StateWrite[])[]): Promise<number> {
  const startedAt = clock.monotonic();
  for (const writes of commits) await state.commit(writes);
  return (clock.monotonic() - startedAt) / 1000;
}

type OpenTerm = () => Promise<Term>;

function placesOf(directory: string, server: TestServer | undefined): Readonly<Record<string, OpenTerm>> {
  let opened = 0;
  const open = async (url?: string): Promise<Term> => {
    const options = { clock, log, disk, file: `${directory}/${opened}.db`, name: 'bench', wasLed: false };
    const place = await openStatePlace({ ...options, ...(url && { url }) }, AbortSignal.timeout(60_000));
    return place.lead(AbortSignal.timeout(60_000));
  };
  const sqlite: OpenTerm = () => {
    opened += 1;
    return open();
  };
  if (server === undefined) return { sqlite };
  const postgres: OpenTerm = async () => {
    opened += 1;
    await server.createDatabase(`bench_${opened}`);
    return open(server.url(`bench_${opened}`));
  };
  return { sqlite, postgres };
}

/** Seconds of the issue, and of the same commits alone, which are the floor; medians of rounds that take turns. */
export async function state(devices: number): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-bench-state-'));
  const server = hasPostgres ? await TestServer.start() : undefined;
  const fleet = fleetOf(devices);
  const places = Object.entries(placesOf(directory, server));
  const seconds: Record<string, number[]> = {};
  const note = (name: string, value: number): void => {
    seconds[name] = [...(seconds[name] ?? []), value];
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, open] of places) {
        const commits: (readonly StateWrite[])[] = [];
        const issuing = await open();
        note(`${name}S`, await issueAll(recording(issuing.state, commits), fleet));
        await issuing.end();
        const committing = await open();
        note(`${name}CommitsS`, await commitAll(committing.state, commits));
        await committing.end();
      }
    }
  } finally {
    server?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  const medians = Object.fromEntries(Object.entries(seconds).map(([name, values]) => [name, median(values)]));
  const ratio = medians.postgresS === undefined ? {} : { ratio: medians.postgresS / medians.sqliteS! };
  return { devices, ...medians, ...ratio };
}
