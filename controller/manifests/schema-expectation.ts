/** What the schemas expect at a place: the part of a JSON Schema that a path into a document leads to. */
import application from '../../schemas/application.schema.json' with { type: 'json' };
import device from '../../schemas/device.schema.json' with { type: 'json' };
import fleet from '../../schemas/fleet.schema.json' with { type: 'json' };
import metadata from '../../schemas/metadata.schema.json' with { type: 'json' };
import policy from '../../schemas/policy.schema.json' with { type: 'json' };
import secret from '../../schemas/secret.schema.json' with { type: 'json' };
import site from '../../schemas/site.schema.json' with { type: 'json' };
import type { ValuePath } from './finding.ts';
import type { ManifestKind } from './parsed-file.ts';

/** The keywords of JSON Schema that messages are made of. */
export interface SchemaPart {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaPart>>;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly items?: SchemaPart;
  readonly propertyNames?: SchemaPart;
  readonly additionalProperties?: boolean | SchemaPart;
}

const schemas: Readonly<Record<ManifestKind, SchemaPart>> = {
  Application: application as SchemaPart,
  Device: device as SchemaPart,
  Fleet: fleet as SchemaPart,
  Policy: policy as SchemaPart,
  Secret: secret as SchemaPart,
  Site: site as SchemaPart,
};

interface Position {
  readonly file: SchemaPart;
  readonly part: SchemaPart;
}

/** Follows references; `metadata.schema.json` is the only file that others refer to. */
function resolved({ file, part }: Position): Position {
  if (part.$ref === undefined) return { file, part };
  const [name, definition] = part.$ref.split('#/$defs/');
  const target = name === '' ? file : (metadata as SchemaPart);
  const found = definition === undefined ? target : (target.$defs?.[definition] ?? {});
  // What a definition says of itself tells more of what is allowed than what stands beside the reference.
  return resolved({
    file: target,
    part: { ...(part.description === undefined ? {} : { description: part.description }), ...found },
  });
}

function positionAt(kind: ManifestKind, path: ValuePath): Position {
  let position = resolved({ file: schemas[kind], part: schemas[kind] });
  for (const step of path) {
    const { part } = position;
    const other = typeof part.additionalProperties === 'object' ? part.additionalProperties : {};
    const next =
      typeof step === 'number'
        ? part.items
        : Object.hasOwn(part.properties ?? {}, step)
          ? part.properties?.[step]
          : other;
    position = resolved({ file: position.file, part: next ?? {} });
  }
  return position;
}

/** The schema of the value at `path` in a manifest of this kind; empty where the schema says nothing. */
export function expectedAt(kind: ManifestKind, path: ValuePath): SchemaPart {
  return positionAt(kind, path).part;
}

/** The same of the names of its members. */
export function expectedNamesAt(kind: ManifestKind, path: ValuePath): SchemaPart {
  const { file, part } = positionAt(kind, path);
  return resolved({ file, part: part.propertyNames ?? {} }).part;
}
