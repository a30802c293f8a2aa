/**
 * A shadow as it is kept, a hundred thousand times: its metadata is a tree that repeats the shape of the state with a time at
 * every leaf, and nearly always all these times are one. Then one number stands for the tree.
 */
import { type JsonObject, type Metadata, type Shadow, stampedObject } from './document.ts';

/** Seconds since the epoch for a whole section, or a tree where its parts differ. */
export type PackedMetadata = number | Metadata;

/** One half of a shadow and when it was set. */
export interface PackedSection {
  readonly state: JsonObject;
  readonly at: PackedMetadata;
}

export interface PackedShadow {
  readonly version: number;
  /** A shadow that was deleted keeps its version, so that versions of one name never repeat. */
  readonly deleted?: true;
  readonly desired?: PackedSection;
  readonly reported?: PackedSection;
}

/** The one time in a tree of times; undefined when they differ or there is none. */
function onlyTime(metadata: unknown): number | undefined {
  let only: number | undefined;
  const visit = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null) return false;
    const { timestamp } = node as { readonly timestamp?: unknown };
    if (typeof timestamp === 'number') {
      only ??= timestamp;
      return only === timestamp;
    }
    return Object.values(node).every(visit);
  };
  return visit(metadata) ? only : undefined;
}

function packSection(state: JsonObject | undefined, metadata: Metadata | undefined): PackedSection | undefined {
  if (state === undefined || metadata === undefined) return undefined;
  return { state, at: onlyTime(metadata) ?? metadata };
}

/** The shadow in few objects. */
export function packShadow({ version, deleted, state, metadata }: Shadow): PackedShadow {
  const desired = packSection(state.desired, metadata.desired);
  const reported = packSection(state.reported, metadata.reported);
  return {
    version,
    ...(deleted ? { deleted } : {}),
    ...(desired === undefined ? {} : { desired }),
    ...(reported === undefined ? {} : { reported }),
  };
}

function metadataOf({ state, at }: PackedSection): Metadata {
  return typeof at === 'number' ? stampedObject(state, at) : at;
}

/** The shadow as the protocol speaks of it. */
export function unpackShadow({ version, deleted, desired, reported }: PackedShadow): Shadow {
  return {
    version,
    deleted: deleted === true,
    state: {
      ...(desired === undefined ? {} : { desired: desired.state }),
      ...(reported === undefined ? {} : { reported: reported.state }),
    },
    metadata: {
      ...(desired === undefined ? {} : { desired: metadataOf(desired) }),
      ...(reported === undefined ? {} : { reported: metadataOf(reported) }),
    },
  };
}
