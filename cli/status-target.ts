/** Which part of the status is asked for: everything, `fleet/NAME`, `site/NAME`, `device/NAME`, and a label selector. */

import { selects } from '../controller/manifests/selector.ts';
import { convergenceOf, tallyOf } from '../controller/planning/status-document.ts';
import type { Selector, StatusDocument } from '../schemas/generated/types.ts';
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

/** Only what was asked for. Throws `CommandError` when there is no such thing. */
export function narrow(
  status: StatusDocument,
  target: Target | undefined,
  selector: Selector | undefined,
): StatusDocument {
  let { devices, fleets, sites } = status;
  if (selector !== undefined) devices = devices.filter(({ labels }) => selects(selector, labels));
  if (target !== undefined) {
    const names = status[`${target.kind}s`].map(({ name }) => name);
    if (!names.includes(target.name)) {
      const nearest = nearestName(target.name, names);
      const meant = nearest === undefined ? '' : `; did you mean ${target.kind}/${nearest}?`;
      throw new CommandError(
        `there is no ${target.kind} ${JSON.stringify(target.name)} in the revision in force${meant}`,
      );
    }
    devices = devices.filter(
      (device) => (target.kind === 'device' ? device.name : device[target.kind]) === target.name,
    );
    fleets = fleets.filter(
      ({ name }) => devices.some(({ fleet }) => fleet === name) || (target.kind === 'fleet' && name === target.name),
    );
    sites = sites.filter(
      ({ name }) => devices.some(({ site }) => site === name) || (target.kind === 'site' && name === target.name),
    );
  }
  return { ...status, devices, fleets, sites };
}

/** What a status says to a script. */
export function exitCodeOf({ devices, source }: StatusDocument): ExitCode {
  if (source.state === 'refused') return exitCodes.stale;
  const state = convergenceOf(tallyOf(devices.filter((device) => device.state !== 'removed')));
  const codes = {
    failed: exitCodes.halted,
    progressing: exitCodes.progressing,
    stale: exitCodes.stale,
    converged: exitCodes.ok,
  };
  return source.state === 'current' || state !== 'converged' ? codes[state] : exitCodes.stale;
}
