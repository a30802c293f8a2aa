/** What one device should get now: the deployment that is to be signed for it, or what else puts its shadow right. */
import { planDevice, tookAnother } from '../planning/plan-device.ts';
import { type Context, mayHear, observe } from './context.ts';
import type { Draft } from './draft.ts';
import { handOver, type Issue, nextIssue, offered, withdrawn, withheld } from './issue.ts';
import { oweWord, settle, waitMs } from './owed.ts';
import { owedKinds } from './records.ts';

/** Deployments that were signed anew against a device's word wait for each other, longer and longer. */
const contradictionPauseMs = 60_000;
const contradictionPauseMsMax = 24 * 3_600_000;

/** One more deployment is signed because the device claims to have taken another one under its sequence. */
function contradict(draft: Draft, device: string, now: number): boolean {
  const before = draft.device(device);
  const { count = 0, at = Number.NEGATIVE_INFINITY } = before.contradictions ?? {};
  const pauseMs = Math.min(contradictionPauseMs * 2 ** Math.min(count, 30), contradictionPauseMsMax);
  if (count > 0 && now - at < pauseMs && now >= at) return false;
  draft.keep(device, { ...before, contradictions: { count: count + 1, at: now } });
  return true;
}

function forget(draft: Draft, device: string): void {
  const record = draft.device(device);
  const without = withdrawn(record);
  if (without !== record) draft.keep(device, without);
  for (const kind of owedKinds) settle(draft, { kind, subject: device });
}

function withhold(draft: Draft, { now }: Context, device: string): void {
  const record = draft.device(device);
  const without = withheld(record, now);
  if (without !== record) draft.keep(device, without);
  settle(draft, { kind: 'deliver', subject: device });
}

function mendShadow(draft: Draft, context: Context, device: string): void {
  const record = draft.device(device);
  const right = handOver(offered(record), context.now);
  if (right === record) return;
  draft.keep(device, right);
  if (mayHear(context, device)) oweWord(draft, device, context.now);
}

/** Thinks one device over. Returns what is to be signed for it. */
export function consider(draft: Draft, context: Context, name: string): Issue | undefined {
  const { desired, revision, now } = context;
  const device = desired.devices.get(name);
  if (device === undefined || revision === undefined) {
    if (revision !== undefined) forget(draft, name);
    return undefined;
  }
  const waiting = draft.owed('issue', name);
  if (waiting !== undefined && waitMs(waiting, now) > 0) return undefined;
  const observed = observe(draft, context, name, device);
  const permitted = context.rollouts.permitted(draft, device, observed, now);
  const { definition, awaitsRoomIn } = permitted;
  if (awaitsRoomIn !== undefined) context.rollouts.of(device.fleet)?.awaitRoom(awaitsRoomIn, name);
  const decision = planDevice(permitted.device, observed, now, context.keyId, permitted);
  if (decision.kind === 'hold') {
    settle(draft, { kind: 'issue', subject: name });
    if (decision.withholds) withhold(draft, context, name);
    else mendShadow(draft, context, name);
    return undefined;
  }
  // What it has seen may be of a newer commit than a restored state knows of: nothing takes it back to an older one.
  const isBehind = decision.cause === 'SEQUENCE_BEHIND' || (definition !== undefined && tookAnother(observed));
  if (isBehind && !context.isBranchSeen) return undefined;
  if (decision.cause === 'SEQUENCE_BEHIND' && !contradict(draft, name, now)) return undefined;
  const retries = device.fleet === undefined ? undefined : draft.rollout(device.fleet)?.retries;
  const mayGoWhole = permitted.mayGoWhole === true;
  const signedBy = context.keyId;
  return nextIssue(permitted.device, observed, { revision, definition, retries, signedBy, mayGoWhole, now });
}
