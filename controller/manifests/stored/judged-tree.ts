/**
 * What was judged of a tree, as bytes that are opened without reading them again:
 *
 *     head line │ nodes of maps, each a JSON text (stored-map.ts) │ contents, a JSON text │ its length, 8 hex digits │ SHA-256
 *
 * It may be lost at any time at the price of reading and judging the tree whole.
 */
import { createHash } from 'node:crypto';
import type { CataloguedRelease } from '../desired.ts';
import type { FleetTree, OddKind } from '../fleet-tree.ts';
import type { ManifestState } from '../manifest-state.ts';
import { pauseNow, type Steps } from '../steps.ts';
import { ByteSink } from './byte-sink.ts';
import { type NodePlace, openMap, writeMap } from './stored-map.ts';
import { openState, plainForm, type StatePlaces, writeState } from './stored-state.ts';

/** Counts up whenever what is judged of the same tree, or the form of it, may come out otherwise. */
export const judgeVersion = 1;

const head = `fleet judged tree, by judge ${judgeVersion}\n`;
const lengthDigits = 8;
const digestBytes = 32;

/** Bytes that are hashed in one step. */
const hashedBytes = 1024 * 1024;

/** A tree that was found right, and what it comes to. */
export interface JudgedTree {
  /** Its id in git. */
  readonly id: string;
  readonly tree: FleetTree;
  readonly state: ManifestState;
}

interface Contents {
  readonly id: string;
  readonly files: NodePlace;
  readonly trustFiles: readonly (readonly [path: string, oid: string])[];
  readonly unread: readonly string[];
  readonly odd: readonly (readonly [path: string, kind: OddKind])[];
  readonly catalogue: readonly (readonly [key: string, release: CataloguedRelease])[];
  readonly state: StatePlaces;
}

/** Hands the bytes to `put`, piece by piece. */
export function* writeJudgedTree({ id, tree, state }: JudgedTree, put: (bytes: Uint8Array) => void): Steps<void> {
  const sink = new ByteSink(put);
  sink.add(head);
  const contents: Contents = {
    id,
    files: yield* writeMap(tree.files, sink, plainForm()),
    trustFiles: [...tree.trustFiles],
    unread: [...tree.unread],
    odd: [...tree.odd],
    catalogue: [...state.catalogue],
    state: yield* writeState(state, sink),
  };
  const { length } = sink.add(JSON.stringify(contents));
  sink.add(length.toString(16).padStart(lengthDigits, '0'));
  sink.end();
}

function* isWhole(bytes: Buffer): Steps<boolean> {
  const hash = createHash('sha256');
  const end = bytes.length - digestBytes;
  for (let at = 0; at < end; at += hashedBytes) {
    hash.update(bytes.subarray(at, Math.min(at + hashedBytes, end)));
    yield pauseNow;
  }
  return hash.digest().equals(bytes.subarray(end));
}

function contentsOf(bytes: Buffer): Contents {
  const end = bytes.length - digestBytes - lengthDigits;
  const length = Number.parseInt(bytes.toString('latin1', end, end + lengthDigits), 16);
  return JSON.parse(bytes.toString('utf8', end - length, end));
}

/** The opposite of `writeJudgedTree`; undefined where the bytes are not what it writes today. */
export function* openJudgedTree(bytes: Buffer): Steps<JudgedTree | undefined> {
  const isOurs = bytes.length >= head.length + lengthDigits + digestBytes && bytes.indexOf(head) === 0;
  if (!isOurs || !(yield* isWhole(bytes))) return undefined;
  const { id, files, trustFiles, unread, odd, catalogue, state } = contentsOf(bytes);
  return {
    id,
    tree: {
      files: openMap(files, bytes, plainForm()),
      trustFiles: new Map(trustFiles),
      unread: new Set(unread),
      odd: new Map(odd),
    },
    state: openState(state, bytes, new Map(catalogue)),
  };
}
