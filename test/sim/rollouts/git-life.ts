/** The branch of a simulated life: commits that change what a rollout may come upon, as the manifests room judges them. */
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import type { Catalogue, DesiredFleet } from '../../../controller/manifests/desired.ts';
import { desiredOf, emptyManifestState } from '../../../controller/manifests/manifest-state.ts';
import type { SimRandom } from '../../../platform/simulated/random.ts';
import { catalogue, changesOf, type Files } from '../../controller/manifests/fleet-fixture.ts';
import { type ChangeKind, changes, mended, soured } from './changes.ts';
import { type Declaration, filesOf, firstDeclaration } from './declaration.ts';
import type { ContactKind } from './light-device.ts';

/** A commit by its id. */
export interface Commit {
  readonly id: string;
  readonly subject: string;
  readonly desired: DesiredFleet;
}

/** What commits are about; most are about what a fleet runs. */
const subjects: readonly ChangeKind[] = [
  ...Array.from({ length: 8 }, () => 'definition' as const),
  ...(['release', 'back', 'back', 'hold', 'hold', 'pin', 'pin', 'conditions', 'conditions', 'policy'] as const),
  ...(['device', 'site', 'move', 'group', 'rename', 'leave'] as const),
];

/** Of releases that nobody names any more some are removed. */
function catalogueOf({ fleets, devices }: Declaration, keepsAll: boolean): Catalogue {
  const pinned = Object.values(devices).flatMap(({ hold }) => Object.values(hold?.releases ?? {}));
  const named = new Set(['1.0.0', ...Object.values(fleets).map(({ release }) => release), ...pinned]);
  return new Map([...catalogue].filter(([, { version }]) => keepsAll || named.has(version)));
}

export class GitLife {
  readonly commits: Commit[] = [];
  readonly #random: SimRandom;
  #declared: Declaration;
  #files: Files = {};
  #state = emptyManifestState;

  constructor(random: SimRandom, kinds: readonly (readonly [string, ContactKind])[]) {
    this.#random = random;
    this.#declared = firstDeclaration(kinds, random.chance(0.2) ? 'x'.repeat(5000) : '');
    this.#commit('begins', this.#declared);
  }

  get newest(): Commit {
    return this.commits.at(-1)!;
  }

  find(id: string | undefined): Commit | undefined {
    return this.commits.find((commit) => commit.id === id);
  }

  /** Somebody changes something; what would not validate is not committed. */
  change(now: number): void {
    const subject = this.#random.pick(subjects);
    const number = this.commits.length + 1;
    this.#commit(subject, changes[subject]({ declared: this.#declared, random: this.#random, now, number }));
  }

  /** All is well again, for everybody. */
  mend(): void {
    const { length } = this.commits;
    this.#commit('mends', mended({ declared: this.#declared, number: length + 1 }));
    if (this.commits.length === length) throw new Error('what mends everything does not validate');
  }

  /** A device gets a group of its own. */
  setApart(name: string): void {
    const { devices } = this.#declared;
    const apart = { ...devices, [name]: { ...devices[name]!, group: name } };
    this.#commit(`sets ${name} apart`, { ...this.#declared, devices: apart });
  }

  /** Nothing that anybody wants runs on any device. */
  sour(): void {
    this.#commit('sours', soured({ declared: this.#declared, number: this.commits.length + 1 }));
  }

  #commit(subject: string, declared: Declaration): void {
    const files = filesOf(declared);
    const gone = Object.keys(this.#files).filter((path) => files[path] === undefined);
    const others = Object.entries(files).filter(([path, text]) => this.#files[path] !== text);
    const changed = [...changesOf(Object.fromEntries(others)), ...gone.map((path) => ({ path, file: undefined }))];
    const applied = applyChanges(this.#state, changed, catalogueOf(declared, this.#random.chance(0.5)));
    if (applied.kind === 'refused') return;
    this.#declared = declared;
    this.#files = files;
    this.#state = applied.state;
    const id = (this.commits.length + 1).toString(16).padStart(40, '0');
    this.commits.push({ id, subject, desired: desiredOf(applied.state) });
  }
}
