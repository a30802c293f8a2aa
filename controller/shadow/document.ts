/** The shadow as it is kept, and the algebra on its state: merge, difference, metadata. Nothing here changes its arguments. */
import { isObject } from '../../schemas/json-object.ts';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A JSON object; a state is one. */
export type JsonObject = { readonly [key: string]: Json };

/** A tree shaped like a state, with `{timestamp}` (seconds) in place of every value. */
export type Metadata = { readonly [key: string]: Json };

/** Both halves of a shadow. An empty half is absent. */
export interface ShadowState {
  readonly desired?: JsonObject;
  readonly reported?: JsonObject;
}

/** `desired` or `reported`. */
export type ShadowSection = keyof ShadowState;

/** A shadow at rest. After a delete its state is empty and its version stays, so that versions of one name never repeat. */
export interface Shadow {
  readonly version: number;
  readonly deleted: boolean;
  readonly state: ShadowState;
  readonly metadata: { readonly desired?: Metadata; readonly reported?: Metadata };
}

/** The shadow of a device that never had one. */
export const absentShadow: Shadow = { version: 0, deleted: true, state: {}, metadata: {} };

/** A value's metadata: its shape with the time it was set, which all leaves share. */
function stamped(value: Json, time: JsonObject): Json {
  if (Array.isArray(value)) return value.map((item: Json) => stamped(item, time));
  if (!isObject(value)) return time;
  const metadata: Record<string, Json> = {};
  for (const key of Object.keys(value)) metadata[key] = stamped(value[key]!, time);
  return metadata;
}

/** The metadata of a request's own fields; a field that deletes has its time too. */
export function stampedObject(value: JsonObject, timestamp: number): Metadata {
  return stamped(value, { timestamp }) as Metadata;
}

/** A state and its metadata, which always have the same shape. */
export interface StampedState {
  readonly state: JsonObject;
  readonly metadata: Metadata;
}

function hasNulls(value: JsonObject): boolean {
  return Object.values(value).some((item) => item === null || (isObject(item) && hasNulls(item)));
}

/** An object without the nulls in it, the same one where it has none: in a new field there is nothing they could delete. */
export function withoutNulls(value: JsonObject): JsonObject {
  if (!hasNulls(value)) return value;
  const kept: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item !== null) kept.push([key, isObject(item) ? withoutNulls(item) : item]);
  }
  return Object.fromEntries(kept);
}

/** Merges a change into a state: objects merge key by key, `null` deletes, everything else (arrays too) replaces. */
export function mergeState(base: StampedState, change: JsonObject, timestamp: number): StampedState {
  const state: Record<string, Json> = { ...base.state };
  const metadata: Record<string, Json> = { ...base.metadata };
  for (const [key, value] of Object.entries(change)) {
    const old = Object.hasOwn(state, key) ? state[key] : undefined;
    if (value === null) {
      delete state[key];
      delete metadata[key];
    } else if (isObject(value) && isObject(old)) {
      const merged = mergeState({ state: old, metadata: metadata[key] as Metadata }, value, timestamp);
      state[key] = merged.state;
      metadata[key] = merged.metadata;
    } else {
      state[key] = isObject(value) ? withoutNulls(value) : value;
      metadata[key] = stamped(state[key], { timestamp });
    }
  }
  return { state, metadata };
}

/** Whether two values are the same JSON, whatever the order of their keys. */
export function equalJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item: Json, index) => equalJson(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equalJson(left[key], right[key]))
  );
}

/** What is desired and not (or otherwise) reported, with its metadata; `undefined` when nothing is. */
export function difference(desired: StampedState, reported: JsonObject): StampedState | undefined {
  const state: Record<string, Json> = {};
  const metadata: Record<string, Json> = {};
  for (const [key, want] of Object.entries(desired.state)) {
    const have = Object.hasOwn(reported, key) ? reported[key] : undefined;
    if (isObject(want) && isObject(have)) {
      const inner = difference({ state: want, metadata: desired.metadata[key] as Metadata }, have);
      if (inner === undefined) continue;
      state[key] = inner.state;
      metadata[key] = inner.metadata;
    } else if (!equalJson(want, have)) {
      state[key] = want;
      metadata[key] = desired.metadata[key]!;
    }
  }
  return Object.keys(state).length === 0 ? undefined : { state, metadata };
}

/** The delta of a shadow: what its device still has to do. */
export function shadowDelta(shadow: Shadow): StampedState | undefined {
  const { desired, reported } = shadow.state;
  if (desired === undefined) return undefined;
  return difference({ state: desired, metadata: shadow.metadata.desired! }, reported ?? {});
}
