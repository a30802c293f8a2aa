/** What a signature says, in words, for whoever makes it. Pure. */
import { Root, type Targets } from '@tufjs/models';

type Signed = Root | Targets;

/** A line for each thing that `after` says otherwise than `before`; without `before`, for each thing it says. */
export function describeChange(before: Signed | undefined, after: Signed): string[] {
  const lines =
    after instanceof Root ? rootLines(before as Root | undefined, after) : targetsLines(before as never, after);
  const { expires } = after;
  const renewed = before === undefined || before.expires !== expires ? [`is valid until ${expires}`] : [];
  return [...lines, ...renewed];
}

/** A line for each thing that an older file says, and a newer one no more, or otherwise. */
export function describeReturn(newer: Targets, older: Targets): string[] {
  return [
    ...added(textsOf(newer.targets, targetText), textsOf(older.targets, targetText), 'names'),
    ...added(delegationTexts(newer), delegationTexts(older), 'delegates'),
  ];
}

function targetsLines(before: Targets | undefined, after: Targets): string[] {
  const releases = changes(
    textsOf(before?.targets, targetText),
    textsOf(after.targets, targetText),
    'names',
    'names no more',
  );
  const delegations = changes(delegationTexts(before), delegationTexts(after), 'delegates', 'delegates no more');
  return [...releases, ...delegations];
}

function rootLines(before: Root | undefined, after: Root): string[] {
  const texts = (root: Root | undefined) =>
    textsOf(root?.roles, (role, { keyIDs, threshold }) => `${role} to ${signersText(keyIDs, threshold)}`);
  return changes(texts(before), texts(after), 'entrusts', 'entrusts no more');
}

type Texts = ReadonlyMap<string, string>;

function textsOf<T>(
  entries: Readonly<Record<string, T>> | null | undefined,
  text: (name: string, entry: T) => string,
): Texts {
  return new Map(Object.entries(entries ?? {}).map(([name, entry]) => [name, text(name, entry)]));
}

function targetText(path: string, { length, hashes, custom }: Targets['targets'][string]): string {
  const sbom = typeof custom.sbom === 'string' ? `, its SBOM sha256 ${custom.sbom}` : '';
  return `${path}, ${length} bytes, sha256 ${hashes.sha256 ?? 'missing'}${sbom}`;
}

function delegationTexts(targets: Targets | undefined): Texts {
  return textsOf(targets?.delegations?.roles, (_, { paths, keyIDs, threshold }) => {
    return `${(paths ?? []).join(', ')} to ${signersText(keyIDs, threshold)}`;
  });
}

/** Keys by the beginnings of their ids. */
export function keyIdsText(keyIds: readonly string[]): string {
  return keyIds.map((keyId) => keyId.slice(0, 12)).join(', ');
}

function signersText(keyIds: readonly string[], threshold: number): string {
  return `${threshold} of ${keyIds.length} ${keyIds.length === 1 ? 'key' : 'keys'} (${keyIdsText(keyIds)})`;
}

function added(before: Texts, after: Texts, says: string): string[] {
  return [...after]
    .filter(([name, text]) => before.get(name) !== text)
    .map(([name, text]) => {
      const old = before.get(name);
      return old === undefined ? `${says} ${text}` : `${says} ${text}; before: ${old}`;
    });
}

function changes(before: Texts, after: Texts, says: string, saysNoMore: string): string[] {
  const gone = [...before].filter(([name]) => !after.has(name)).map(([, text]) => `${saysNoMore} ${text}`);
  return [...added(before, after, says), ...gone];
}
