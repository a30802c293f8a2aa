/**
 * What was judged of a tree, as bytes that are opened without reading them again:
 *
 *     pieces with the nodes of maps │ contents, a JSON text │ its length, 8 hex digits │ SHA-256 of all before
 *
 * It may be lost at any time at the price of reading and judging the tree whole.
 */
import { createHash } from 'node:crypto';
import type { CataloguedRelease } from '../desired.ts';
import type { FleetTree, OddKind } from '../fleet-tree.ts';
import type { ManifestState } from '../manifest-state.ts';
import { pauseNow, type Steps } from '../steps.ts';
import { PieceReader, PieceWriter } from './pieces.ts';
import { type NodePlace, openMap, writeMap } from './stored-map.ts';
import { openState, plainForm, type StatePlaces, writeState } from './stored-state.ts';

/** Counts up whenever what is judged of the same tree, or the form of it, may come out otherwise. */
export const judgeVersion = 33;

const judge = `fleet judged tree ${judgeVersion}`;
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
  readonly judge: string;
  readonly id: string;
  /** Bytes of each. */
  readonly pieces: readonly number[];
  readonly files: NodePlace;
  readonly trustFiles: readonly (readonly [path: string, oid: string])[];
  readonly unread: readonly string[];
  readonly odd: readonly (readonly [path: string, kind: OddKind])[];
  readonly catalogue: readonly (readonly [key: string, release: CataloguedRelease])[];
  readonly state: StatePlaces;
}

/** Hands the bytes to `put`, piece by piece. */
export function* writeJudgedTree({ id, tree, state }: JudgedTree, put: (bytes: Uint8Array) => void): Steps<void> {
  const hash = createHash('sha256');
  const putHashed = (bytes: Uint8Array): void => {
    hash.update(bytes);
    put(bytes);
  };
  const writer = new PieceWriter(putHashed);
  const places = {
    files: yield* writeMap(tree.files, writer, plainForm()),
    state: yield* writeState(state, writer),
  };
  writer.end();
  const contents: Contents = {
    ...{ judge, id, ...places, pieces: writer.lengths, catalogue: [...state.catalogue] },
    ...{ trustFiles: [...tree.trustFiles], unread: [...tree.unread], odd: [...tree.odd] },
  };
  const text = Buffer.from(JSON.stringify(contents));
  putHashed(text);
  putHashed(Buffer.from(text.length.toString(16).padStart(lengthDigits, '0')));
  put(hash.digest());
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
  if (bytes.length < lengthDigits + digestBytes || !(yield* isWhole(bytes))) return undefined;
  const contents = contentsOf(bytes);
  if (contents.judge !== judge) return undefined;
  const { id, files, trustFiles, unread, odd, catalogue, state, pieces } = contents;
  const reader = new PieceReader(bytes, pieces);
  return {
    id,
    tree: {
      files: openMap(files, reader, plainForm()),
      trustFiles: new Map(trustFiles),
      unread: new Set(unread),
      odd: new Map(odd),
    },
    state: openState(state, reader, new Map(catalogue)),
  };
}
