/** Which part of the status is asked for: everything, `fleet/NAME`, `site/NAME`, `device/NAME`, and a label selector. */

import { selects } from '../controller/manifests/selector.ts';
import { convergenceOf, summaryOf, tallyOf } from '../controller/planning/status-document.ts';
import type { FleetStatus, Selector, SiteStatus, StatusDocument } from '../schemas/generated/types.ts';
import { nearestName } from '../schemas/nearest-name.ts';
import { CommandError } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

export type TargetKind = 'fleet' | 'site' | 'device';

export interface Target {
  readonly kind: TargetKind;
  readonly name: string;
}

/** `device/NAME` and its like. Throws `CommandError`. */
export function parseTarget(text: string): Target {
  const [kind, name, ...rest] = text.split('/');
  if ((kind === 'fleet' || kind === 'site' || kind === 'device') && name && rest.length === 0) return { kind, name };
  throw new CommandError(`${JSON.stringify(text)} is not fleet/NAME, site/NAME or device/NAME`, exitCodes.usage);
}

/** `a=b,c!=d,e,!f,g in (x,y)`, as kubectl takes it. Throws `CommandError`. */
export function parseSelector(text: string): Selector {
  const terms = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  const matchExpressions = terms.map((term) => parseTerm(term.trim()));
  return { matchExpressions };
}

function parseTerm(term: string): NonNullable<Selector['matchExpressions']>[number] {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set) {
    const values = set[3]!.split(',').map((value) => value.trim());
    return { key: set[1]!, operator: set[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const pair = /^([^=!\s]+)\s*(==?|!=)\s*([^=!\s]*)$/.exec(term);
  if (pair) return { key: pair[1]!, operator: pair[2] === '!=' ? 'NotIn' : 'In', values: [pair[3]!] };
  const lone = /^(!?)([^=!\s]+)$/.exec(term);
  if (lone) return { key: lone[2]!, operator: lone[1] === '!' ? 'DoesNotExist' : 'Exists' };
  throw new CommandError(
    `${JSON.stringify(term)} is not a selector; write a=b, a!=b, a, !a or "a in (b,c)"`,
    exitCodes.usage,
  );
}

/** The devices of the target; all of them without one. Throws `CommandError` when there is no such thing. */
function devicesOf(status: StatusDocument, target: Target | undefined): StatusDocument['devices'] {
  if (target === undefined) return status.devices;
  const names = status[`${target.kind}s`].map(({ name }) => name);
  if (!names.includes(target.name)) {
    const nearest = nearestName(target.name, names);
    const meant = nearest === undefined ? '' : `; did you mean ${target.kind}/${nearest}?`;
    throw new CommandError(
      `there is no ${target.kind} ${JSON.stringify(target.name)} in the revision in force${meant}`,
    );
  }
  return status.devices.filter(
    (device) => (target.kind === 'device' ? device.name : device[target.kind]) === target.name,
  );
}

/**
 * Only what was asked for; fleets and sites count the devices that are left, and no others. Throws `CommandError` when
 * there is no such thing, or nothing has these labels: to show nothing would look as if all were well.
 */
export function narrow(
  status: StatusDocument,
  target: Target | undefined,
  selector: Selector | undefined,
): StatusDocument {
  if (target === undefined && selector === undefined) return status;
  const within = devicesOf(status, target);
  const devices = selector === undefined ? within : within.filter(({ labels }) => selects(selector, labels));
  if (selector !== undefined && devices.length === 0) {
    const where = target === undefined ? '' : ` of ${target.kind}/${target.name}`;
    throw new CommandError(`no device${where} has these labels`);
  }
  const left = <G extends FleetStatus | SiteStatus>(kind: 'fleet' | 'site', groups: readonly G[]): G[] =>
    groups.flatMap((group) => {
      const members = devices.filter((device) => device[kind] === group.name);
      const isTarget = target?.kind === kind && target.name === group.name;
      const { asOf: _ofAll, ...rest } = group;
      return members.length > 0 || isTarget ? [{ ...rest, ...summaryOf(members) } as G] : [];
    });
  return { ...status, devices, fleets: left('fleet', status.fleets), sites: left('site', status.sites) };
}

/** What a status says to a script. */
export function exitCodeOf({ devices, source, broker }: StatusDocument): ExitCode {
  if (source.state === 'refused') return exitCodes.stale;
  const state = convergenceOf(tallyOf(devices.filter((device) => device.state !== 'removed')));
  const codes = {
    failed: exitCodes.halted,
    progressing: exitCodes.progressing,
    stale: exitCodes.stale,
    converged: exitCodes.ok,
  };
  const isKnown = source.state === 'current' && (broker === undefined || broker.state === 'reached');
  return isKnown || state !== 'converged' ? codes[state] : exitCodes.stale;
}
