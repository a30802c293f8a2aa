/** What is read of published files without judging them: devices do. */
import { isObject } from '../../schemas/json-object.ts';

/** A file that rotted names nothing; whoever asks for it by itself has it mended. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What stands in metadata at these names, one inside the other. */
export function memberOf(metadata: Uint8Array | undefined, ...names: readonly string[]): unknown {
  let value = metadata && readJson(metadata);
  for (const name of ['signed', ...names])
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

/** The version that signed metadata names for a file; undefined where it names none. */
export function pinnedVersion(metadata: Uint8Array | undefined, file: string): number | undefined {
  const version = memberOf(metadata, 'meta', file, 'version');
  return typeof version === 'number' ? version : undefined;
}
