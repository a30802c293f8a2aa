/**
 * The names of a release's functions, beside it in the repository, where devices say `function 17` of one whose names don't travel:
 *
 *     {"sha256": "of the release", "functions": {"17": "pump::read"}}
 */
import { isObject } from '../../../schemas/json-object.ts';
import { AuthoringError } from './authoring-error.ts';
import type { FunctionSymbols } from './strip-debug.ts';

const nameCharactersMax = 256;
const symbolsBytesMax = 64 * 1024 * 1024;

/** The opposite of `readSymbols`. */
export function writeSymbols(symbols: FunctionSymbols, sha256: string): Uint8Array {
  const functions = Object.fromEntries(
    Array.from(symbols, ([index, name]) => [index, name.slice(0, nameCharactersMax)]),
  );
  return new TextEncoder().encode(`${JSON.stringify({ sha256, functions }, undefined, 1)}\n`);
}

/** Throws `AuthoringError` for what is no such file, or one of another release. */
export function readSymbols(bytes: Uint8Array, sha256: string, file: string): FunctionSymbols {
  const broken = (why: string): AuthoringError =>
    new AuthoringError('SYMBOLS_INVALID', `${file} can't be used: ${why}; restore it with git`);
  if (bytes.length > symbolsBytesMax) throw broken(`it has more than ${symbolsBytesMax} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw broken('it is no JSON');
  }
  if (!isObject(value) || !isObject(value.functions)) throw broken('it has no functions');
  if (value.sha256 !== sha256) throw broken('it is of a release with another SHA-256');
  const entries = Object.entries(value.functions);
  return new Map(entries.flatMap(([index, name]) => (typeof name === 'string' ? [[Number(index), name]] : [])));
}

/** A text with the names of functions in the place of their numbers, where they are known: `function 17` is what devices say. */
export function withNames(text: string, symbols: FunctionSymbols): string {
  return text.replace(/\bfunction (\d{1,10})\b/g, (said, index) => symbols.get(Number(index)) ?? said);
}
