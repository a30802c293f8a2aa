/** Where a device stands by what it said last, and what it was issued. Pure. */
import {
  type EngineState,
  emptyMemory,
  type GoodDeployment,
  type Memory,
  type Slot,
} from '../../device-agent/update/state.ts';
import type { Deployment, DeploymentReference } from '../../schemas/generated/types.ts';
import { type FleetDefinition, pinnedDefinition } from '../manifests/definition.ts';
import type { DesiredFleet, DeviceTemplate } from '../manifests/desired.ts';
import { templateUnder } from '../manifests/render-template.ts';
import { type IssuedDeployment, type ReportGist, staysAt } from '../planning/observed.ts';

/** What a device was issued last, and said last. */
export interface KnownDevice {
  readonly issued?: IssuedDeployment | undefined;
  readonly gist?: ReportGist | undefined;
}

/** By which a deployment is known to a device, where no more of it is looked at. */
export function bareSlot({ sequence, revision }: DeploymentReference): Slot {
  return { sequence, revision, probationSeconds: 0, envelope: String(sequence) };
}

/** Whether it gave up what it was issued last. */
export function gaveUp({ issued, gist }: KnownDevice): boolean {
  return issued !== undefined && gist?.target === undefined && gist?.problem?.sequence === issued.sequence;
}

/** Whether it has come to its end with what it was issued last, well or not. */
export function isSettled(known: KnownDevice): boolean {
  const { issued, gist } = known;
  if (issued === undefined) return true;
  return staysAt(gist, issued) || (gaveUp(known) && (gist?.phase === 'active' || gist?.phase === 'idle'));
}

function good(slot: Slot): GoodDeployment {
  return { slot, downloads: [] };
}

/** What it ran before a deployment that is on trial nobody knows; that it was one before is assumed. */
function before({ sequence, revision }: Slot): Pick<Memory, 'good'> {
  return sequence === 1 ? {} : { good: good(bareSlot({ sequence: sequence - 1, revision })) };
}

type Standing = Pick<Memory, 'engine' | 'good'>;

function onTheWay(state: 'fetching' | 'staged', target: Slot, running: Slot | undefined): Standing {
  const engine: EngineState = state === 'staged' ? { state, target, downloads: [] } : { state, target };
  return { engine, ...(running && { good: good(running) }) };
}

function onTrial(state: 'activating' | 'probation', slot: Slot): Standing {
  const trial = { slot, starts: 1, downloads: [], ...(state === 'probation' && { hasRun: true as const }) };
  return { engine: { state, trial }, ...before(slot) };
}

function standing(gist: ReportGist, slotOf: (reference: DeploymentReference) => Slot): Standing {
  const running = gist.running && slotOf(gist.running);
  const target = gist.target && slotOf(gist.target);
  const { phase } = gist;
  if (target !== undefined) {
    const isThere = phase === 'staged' || gist.waiting?.to === 'activate';
    return onTheWay(isThere ? 'staged' : 'fetching', target, running);
  }
  if (running === undefined) return { engine: { state: 'idle' } };
  if (phase === 'activating' || phase === 'probation') return onTrial(phase, running);
  return { engine: { state: 'active' }, good: good(running) };
}

/** What it remembers, by what it said last. */
export function begunMemory(gist: ReportGist | undefined, slotOf: (reference: DeploymentReference) => Slot): Memory {
  if (gist === undefined) return emptyMemory;
  const { since, highestSequence: sequence, problem } = gist;
  return {
    ...standing(gist, slotOf),
    sinceMs: Date.parse(since),
    highest: { sequence, envelope: String(sequence) },
    ...(problem && { problem }),
  };
}

/** What the newest deployment of a device asks of it: what git wants, or what was good; of another nothing is known but that it was issued. */
export function issuedTemplate(
  desired: DesiredFleet,
  name: string,
  issued: IssuedDeployment,
  goodDefinition: FleetDefinition | undefined,
): DeviceTemplate | undefined {
  const device = desired.devices.get(name);
  if (device === undefined) return undefined;
  const { template, pinned, hold } = device;
  const isIt = (one: DeviceTemplate | undefined): boolean => one?.hash === issued.templateHash;
  if (isIt(template)) return template;
  if (isIt(pinned)) return pinned;
  if (goodDefinition === undefined) return undefined;
  const drawnBy = (definition: FleetDefinition): DeviceTemplate | undefined => {
    const drawn = templateUnder(desired, definition, name);
    return isIt(drawn) ? drawn : undefined;
  };
  const releases = hold?.releases;
  return (
    drawnBy(goodDefinition) ?? (releases && drawnBy(pinnedDefinition(goodDefinition, releases, desired.catalogue)))
  );
}

/** A deployment, as far as a device without an agent goes by it. */
export type Work = Pick<
  Deployment,
  'sequence' | 'revision' | 'probationSeconds' | 'applications' | 'windows' | 'when' | 'consent'
>;

/** What was issued before; of a deployment that nobody knows more of only the end is of interest, on the terms of what is wanted. */
export function workOf(
  { sequence, revision }: IssuedDeployment,
  known: DeviceTemplate | undefined,
  wanted: DeviceTemplate,
): Work {
  const { probationSeconds, applications, windows, when, consent } = known ?? { ...wanted, applications: [] };
  return {
    ...{ sequence, revision, probationSeconds, applications: [...applications] },
    ...(windows && { windows }),
    ...(when && { when }),
    ...(consent && { consent }),
  };
}
