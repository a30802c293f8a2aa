/** The controller of a simulated run: the very engine over rows in memory. Nothing is signed; who hears is told. */

import type { Life, SimTime } from '../../platform/simulated/clock.ts';
import { Turn } from '../../platform/turn.ts';
import type { Deployment, RevisionStatus } from '../../schemas/generated/types.ts';
import { Engine } from '../engine/engine.ts';
import type { Image } from '../engine/image.ts';
import { loadImage } from '../engine/load-image.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { noneOpen } from '../planning/rollout/deltas.ts';
import { deviceOfShadowTopic, type ShadowOperation } from '../shadow/topics.ts';
import type { MemoryState } from './memory-state.ts';

/** A commit, judged. */
export interface SimulatedCommit {
  readonly id: string;
  readonly subject: string;
  readonly desired: DesiredFleet;
}

export interface SimulatedControllerParts {
  readonly time: SimTime;
  readonly state: MemoryState;
  /** Of the key that deployments are signed with. */
  readonly keyId: string;
  /** A deployment is on its way into the shadow of its device. */
  readonly onDeployment: (deployment: Deployment) => void;
  /** A device is told that its shadow wants something. */
  readonly onWord: (device: string) => void;
  /** Whatever happened at one moment has come to its end. */
  readonly onSettled: () => undefined;
}

const source = { state: 'current', location: 'simulated', branch: 'main', problems: [] } as const;

/** One life of it. */
export interface SimulatedController {
  readonly engine: Engine;
  readonly image: Image;
  /** Lets time pass. Throws what went wrong in the program meanwhile. */
  pass(until: number): Promise<void>;
  ask(device: string, operation: ShadowOperation, body: unknown): void;
  /** The commit comes into force, for all devices of both. */
  adopt(commit: SimulatedCommit): Promise<void>;
}

function revisionOf({ id, subject }: SimulatedCommit, now: number): RevisionStatus {
  return { id, subject, author: 'simulated', committedAt: new Date(now).toISOString() };
}

/** Starts it on what its state has, following nothing yet. */
export async function openSimulatedController(parts: SimulatedControllerParts): Promise<SimulatedController> {
  const { time, state, keyId, onDeployment, onWord, onSettled } = parts;
  const life: Life = { alive: true };
  const clock = time.clock(life);
  const { image } = await loadImage(state, new Turn(clock));
  const failures: unknown[] = [];
  const engine = new Engine({
    ...{ clock, state, image, keyId, tellsConnections: false },
    log: {
      write: (level, event, fields) => {
        if (level === 'error') failures.push(fields?.error ?? event);
      },
    },
    publish: async ({ topic }) => {
      const device = topic.endsWith('/update/delta') ? deviceOfShadowTopic(topic) : undefined;
      if (device !== undefined) onWord(device);
    },
    sign: (deployment) => {
      onDeployment(deployment);
      return JSON.stringify({ device: deployment.device, sequence: deployment.sequence });
    },
    putBlob: async () => {},
    // They are made in a minute, and what is simulated takes days.
    deltasTo: () => noneOpen,
    onChange: () => {},
  });
  return {
    ...{ engine, image },
    pass: async (until) => {
      await time.runUntil(until, onSettled);
      if (failures.length > 0) throw failures[0];
    },
    ask: (device, operation, body) => {
      const payload = new TextEncoder().encode(JSON.stringify(body));
      engine.tell({ kind: 'shadow-request', device, operation, payload });
    },
    adopt: async (commit) => {
      const { desired } = commit;
      const affected = new Set([...engine.desired.devices.keys(), ...desired.devices.keys()]);
      const revision = revisionOf(commit, time.now);
      const adopted = engine.adopt({ desired, affected, revision, source: { ...source, problems: [] } });
      await Promise.all([adopted, time.runUntil(time.now)]);
    },
  };
}
