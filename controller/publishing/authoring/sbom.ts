/** What a release is made of: a bill of materials as CycloneDX or SPDX writes it in JSON, read as far as somebody asks who runs a component. */
import { isObject } from '../../../schemas/json-object.ts';
import { AuthoringError } from './authoring-error.ts';

/** A part of a release that others made, or what made it. */
export interface Component {
  /** With its group before it, where it has one: `GROUP/NAME`. */
  readonly name: string;
  readonly version?: string;
  /** The package URL. */
  readonly purl?: string;
}

/** Of a file, in bytes. */
export const sbomBytesMax = 16 * 1024 * 1024;
const componentsMax = 50_000;
const textCharactersMax = 1024;
/** Components may have components. */
const depthMax = 16;

function refuse(file: string, why: string): AuthoringError {
  const wanted = 'wanted is JSON of CycloneDX 1.x (bomFormat) or SPDX 2.x (spdxVersion)';
  return new AuthoringError('SBOM_INVALID', `${file} is no SBOM that is known here: ${why}; ${wanted}`);
}

function textOf(value: unknown, what: string, file: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && value.length <= textCharactersMax) return value;
  throw refuse(file, `${what} is no text of at most ${textCharactersMax} characters`);
}

function listOf(value: unknown, what: string, file: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw refuse(file, `${what} is no list`);
}

function componentOf(
  said: { readonly group?: unknown; readonly name: unknown; readonly version: unknown; readonly purl: unknown },
  where: string,
  file: string,
): Component {
  const name = textOf(said.name, `the name of ${where}`, file);
  if (name === undefined) throw refuse(file, `${where} has no name`);
  const group = textOf(said.group, `the group of ${where}`, file);
  const version = textOf(said.version, `the version of ${where}`, file);
  const purl = textOf(said.purl, `the package URL of ${where}`, file);
  return {
    name: group === undefined ? name : `${group}/${name}`,
    ...(version === undefined ? {} : { version }),
    ...(purl === undefined ? {} : { purl }),
  };
}

/** Takes components and theirs, one after the other. */
class Gathering {
  readonly components: Component[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add(component: Component): void {
    if (this.components.length === componentsMax)
      throw refuse(this.#file, `it has more than ${componentsMax} components`);
    this.components.push(component);
  }

  addCycloneDx(list: unknown, where: string, depth = 0): void {
    if (depth > depthMax) throw refuse(this.#file, `${where} is nested more than ${depthMax} deep`);
    for (const [at, one] of listOf(list, where, this.#file).entries()) {
      const place = `${where}[${at}]`;
      if (!isObject(one)) throw refuse(this.#file, `${place} is no object`);
      const { group, name, version, purl } = one;
      this.add(componentOf({ group, name, version, purl }, place, this.#file));
      this.addCycloneDx(one.components, `${place}.components`, depth + 1);
    }
  }

  addSpdx(list: unknown): void {
    for (const [at, one] of listOf(list, 'packages', this.#file).entries()) {
      const place = `packages[${at}]`;
      if (!isObject(one)) throw refuse(this.#file, `${place} is no object`);
      const references = listOf(one.externalRefs, `${place}.externalRefs`, this.#file);
      const purl = references.find((reference) => isObject(reference) && reference.referenceType === 'purl');
      const locator = isObject(purl) ? purl.referenceLocator : undefined;
      this.add(componentOf({ name: one.name, version: one.versionInfo, purl: locator }, place, this.#file));
    }
  }
}

/** All components that a bill names; `file` is for messages. Throws `AuthoringError`. */
export function readSbom(bytes: Uint8Array, file: string): readonly Component[] {
  if (bytes.length > sbomBytesMax) throw refuse(file, `it has more than ${sbomBytesMax} bytes`);
  let bill: unknown;
  try {
    bill = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse(file, 'it is no JSON');
  }
  if (!isObject(bill)) throw refuse(file, 'it is no object');
  const gathering = new Gathering(file);
  const { bomFormat, specVersion, spdxVersion } = bill;
  if (bomFormat === 'CycloneDX' && typeof specVersion === 'string' && /^1\.\d$/.test(specVersion))
    gathering.addCycloneDx(bill.components, 'components');
  else if (typeof spdxVersion === 'string' && /^SPDX-2\.\d$/.test(spdxVersion)) gathering.addSpdx(bill.packages);
  else
    throw refuse(
      file,
      `it says ${JSON.stringify(bomFormat ?? spdxVersion ?? null).slice(0, 60)}, version ${JSON.stringify(specVersion ?? null).slice(0, 20)}`,
    );
  return gathering.components;
}
