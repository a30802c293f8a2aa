/** What of a fleet's rollout its shape does not show: waves that take nobody, gates that never pass. */
import { isObject } from '../../schemas/json-object.ts';
import { listAt } from './broken-manifest.ts';
import type { FileFinding, ValuePath } from './finding.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

const rollout: ValuePath = ['spec', 'rollout'];

/** As the schema has it of labels, but for `site`. */
const labelKey = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

function isNone(amount: unknown): boolean {
  return typeof amount === 'string' && amount.endsWith('%') && Number.parseFloat(amount) === 0;
}

/** Whether a limit is none: what a wave takes by it is all that it selects. */
export function isAll(limit: unknown): boolean {
  return limit === undefined || (typeof limit === 'string' && limit.endsWith('%') && Number.parseFloat(limit) >= 100);
}

function checkNames(waves: readonly unknown[], report: Report): void {
  const names = waves.map((wave) => valueAt(wave, ['name']));
  for (const [index, name] of names.entries()) {
    const first = names.indexOf(name);
    if (typeof name !== 'string' || first === index) continue;
    const message = `wave ${first + 1} is "${name}" already; give this one a name of its own`;
    report([...rollout, 'waves', index, 'name'], 'value', 'DUPLICATE_WAVE', message);
  }
}

/** A wave that takes all that are left leaves nobody to those behind it. */
function checkTaking(waves: readonly unknown[], report: Report): void {
  const all = waves.findIndex((wave) => isObject(wave) && wave.selector === undefined && isAll(wave.limit));
  if (all !== -1 && all < waves.length - 1) {
    const limit = valueAt(waves[all], ['limit']);
    const message = `wave ${all + 1} has no selector and ${limit === undefined ? 'no limit' : `a limit of ${limit}`} and takes all devices that are left: none is left for this one`;
    report(
      [...rollout, 'waves', all + 1],
      'key',
      'WAVE_TAKES_NOBODY',
      `${message}; give that one a ${limit === undefined ? '' : 'smaller '}limit, or put it last`,
    );
  }
  for (const [index, wave] of waves.entries()) {
    const limit = valueAt(wave, ['limit']);
    if (!isNone(limit)) continue;
    const message = `a limit of ${limit} takes no device; write a number of devices or a larger part`;
    report([...rollout, 'waves', index, 'limit'], 'value', 'WAVE_TAKES_NOBODY', message);
  }
}

/** A gate of no wave in particular is held against none of their limits: it is not known which of them it is for. */
function checkGate(at: ValuePath, gate: unknown, limit: unknown, report: Report): void {
  const [contacts, failures] = ['contacts', 'failures'].map((name) => valueAt(gate, [name]));
  if (typeof contacts === 'number' && typeof limit === 'number' && contacts > limit) {
    const message = `this gate can never pass: it waits for ${contacts} devices, and the wave takes ${limit}; write at most ${limit}`;
    report([...at, 'contacts'], 'value', 'GATE_NEVER_PASSES', message);
  }
  if (!isNone(failures)) return;
  const message =
    'this gate can never pass: none may fail, and none has; write 1 where the first failure is to end the rollout';
  report([...at, 'failures'], 'value', 'GATE_NEVER_PASSES', message);
}

function checkGates(value: unknown, waves: readonly unknown[], report: Report): void {
  const common = valueAt(value, [...rollout, 'gate']);
  checkGate([...rollout, 'gate'], common, undefined, report);
  const contacts = valueAt(common, ['contacts']);
  for (const [index, wave] of waves.entries()) {
    const [gate, limit] = ['gate', 'limit'].map((name) => valueAt(wave, [name]));
    checkGate([...rollout, 'waves', index, 'gate'], gate, limit, report);
    if (valueAt(gate, ['contacts']) !== undefined) continue;
    if (typeof contacts !== 'number' || typeof limit !== 'number' || contacts <= limit) continue;
    const message = `its gate can never pass: the rollout's waits for ${contacts} devices, and this wave takes ${limit}; give the wave a gate with contacts of at most ${limit}`;
    report([...rollout, 'waves', index, 'limit'], 'value', 'GATE_NEVER_PASSES', message);
  }
}

/** Checks the rollout of a fleet, as far as its own manifest tells. */
export function checkRollout(value: unknown, report: Report): void {
  const waves = listAt(value, [...rollout, 'waves']);
  checkNames(waves, report);
  checkTaking(waves, report);
  checkGates(value, waves, report);
  const groupBy = valueAt(value, [...rollout, 'budget', 'groupBy']);
  if (typeof groupBy !== 'string' || labelKey.test(groupBy)) return;
  const message = `"${groupBy}" can be no label of a device; write site or the key of a label`;
  report([...rollout, 'budget', 'groupBy'], 'value', 'BAD_NAME', message);
}
