/**
 * What can still be read in a document that has problems: so that whoever refers to it is not blamed too, and what is
 * wrong with its own references is told at once instead of after the next commit.
 */
import type { ValuePath } from './finding.ts';
import { guessesMax } from './limits.ts';
import type { BrokenManifest, BrokenReference, ManifestKind } from './parsed-file.ts';
import { valueAt } from './schema-violation.ts';
import { labelTerm } from './selector.ts';

const kinds: readonly string[] = [
  'Application',
  'Device',
  'Fleet',
  'Policy',
  'Secret',
  'Site',
] satisfies ManifestKind[];

/** The list at a path; empty where there is none. */
export function listAt(value: unknown, path: ValuePath): readonly unknown[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

/** The keys of the map at a path: a list or a text has none. */
function keysAt(value: unknown, path: ValuePath): readonly string[] {
  const found = valueAt(value, path);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.keys(found) : [];
}

function textAt(value: unknown, path: ValuePath): string | undefined {
  const found = valueAt(value, path);
  return typeof found === 'string' ? found : undefined;
}

function isKind(kind: string | undefined): kind is ManifestKind {
  return kind !== undefined && kinds.includes(kind);
}

function referencesOf(kind: ManifestKind, name: string | undefined, value: unknown): BrokenReference[] {
  const release = textAt(value, ['spec', 'release']);
  const site = textAt(value, ['spec', 'site']);
  if (kind === 'Device') {
    const own: BrokenReference[] = site === undefined ? [] : [{ kind: 'Site', name: site, path: ['spec', 'site'] }];
    return [...own, ...pinReferences(value)];
  }
  if (kind === 'Application') {
    const own: BrokenReference[] =
      name === undefined || release === undefined
        ? []
        : [{ kind: 'Release', name, version: release, path: ['spec', 'release'] }];
    return [...own, ...linkReferences(value)];
  }
  if (kind !== 'Fleet') return [];
  return listAt(value, ['spec', 'applications']).flatMap((wanted, index): BrokenReference[] => {
    const path = ['spec', 'applications', index];
    const [application, version] = [textAt(wanted, ['name']), textAt(wanted, ['release'])];
    if (application === undefined) return [];
    const reference = { kind: 'Application' as const, name: application, path: [...path, 'name'] };
    if (version === undefined) return [reference];
    return [reference, { kind: 'Release', name: application, version, path: [...path, 'release'] }];
  });
}

function linkReferences(value: unknown): BrokenReference[] {
  return keysAt(value, ['spec', 'links']).flatMap((link): BrokenReference[] => {
    const path = ['spec', 'links', link, 'release'];
    const [name, version] = textAt(value, path)?.split('/') ?? [];
    return name === undefined || version === undefined ? [] : [{ kind: 'Release', name, version, path }];
  });
}

function pinReferences(value: unknown): BrokenReference[] {
  return keysAt(value, ['spec', 'hold', 'releases']).flatMap((name): BrokenReference[] => {
    const path = ['spec', 'hold', 'releases', name];
    const version = textAt(value, path);
    return version === undefined ? [] : [{ kind: 'Release', name, version, path }];
  });
}

/** Every `key: text` that stands anywhere in a value, as terms of the label index. */
function collectTerms(value: unknown, terms: Set<string>): Set<string> {
  if (typeof value !== 'object' || value === null) return terms;
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'object') collectTerms(member, terms);
    else terms.add(labelTerm(key)).add(labelTerm(key, String(member)));
  }
  return terms;
}

/** A document that is plain data, but no manifest. */
export function readBroken(value: unknown, document: number): BrokenManifest {
  const [declaredKind, name] = [textAt(value, ['kind']), textAt(value, ['metadata', 'name'])];
  const kind = isKind(declaredKind) ? declaredKind : undefined;
  return {
    ...(kind && { kind }),
    ...(name !== undefined && { name }),
    document,
    terms: collectTerms(value, new Set()),
    references: kind === undefined ? [] : referencesOf(kind, name, value),
  };
}

/** A document that is no plain data; a walk through it might have no end. */
export function nameBroken(value: unknown): BrokenManifest {
  const [kind, name] = [textAt(value, ['kind']), textAt(value, ['metadata', 'name'])];
  return { ...(isKind(kind) && { kind }), ...(name !== undefined && { name }) };
}

/** Everything that a text too broken to be read could declare: each kind that stands in it with each name that does. */
export function guessFromText(text: string): BrokenManifest[] {
  const found = new Set([...text.matchAll(/^kind:\s*["']?(\w+)/gm)].map(([, kind]) => kind).filter(isKind));
  const names = new Set([...text.matchAll(/\bname:\s*["']?([-a-z0-9]+)/g)].map(([, name]) => name!));
  if (found.size === 0) return [{}];
  if (names.size === 0) return [...found].map((kind) => ({ kind }));
  if (found.size * names.size > guessesMax) return [{}];
  // A key is looked for where a word begins, and nowhere within it.
  const pairs = text.matchAll(/(?<![-\w./])([-\w./]+)["']?:[ \t]*["']?([-\w.]*)/g);
  const terms = new Set([...pairs].flatMap(([, key, value]) => [labelTerm(key!), labelTerm(key!, value)]));
  return [...found].flatMap((kind) => [...names].map((name) => ({ kind, name, terms })));
}
