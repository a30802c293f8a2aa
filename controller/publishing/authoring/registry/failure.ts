/** What an answer that is no success means, for a person. */
import { isObject } from '../../../../schemas/json-object.ts';
import type { Answer } from './registry-client.ts';
import { RegistryError } from './registry-error.ts';

const wordsMax = 200;

/** What the registry says itself, by the distribution specification; empty where it says nothing of use. */
function saidBy({ bytes }: Answer): string {
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const first: unknown = isObject(answer) && Array.isArray(answer.errors) ? answer.errors[0] : undefined;
    if (!isObject(first)) return '';
    const words = [first.code, first.message].filter((word) => typeof word === 'string').join(': ');
    return words === '' ? '' : ` (it says ${words.slice(0, wordsMax)})`;
  } catch {
    return '';
  }
}

/** `tried` is what could not be done with it: `fetched`, `put there`. */
export function failureOf(answer: Answer, where: string, tried: string): RegistryError {
  const { status } = answer;
  const what = `${where} can't be ${tried}: the registry answers HTTP ${status}${saidBy(answer)}`;
  if (status === 401 || status === 403) {
    const host = /^oci:\/\/([^/]+)/.exec(where)?.[1] ?? 'HOST';
    return new RegistryError('NOT_AUTHORIZED', `${what}; log in as somebody who may: docker login ${host}`);
  }
  if (status === 404) return new RegistryError('NOT_THERE', `${what}; look at its name, tag and digest`);
  return new RegistryError('BAD_ANSWER', `${what}; try again, or ask who runs it`);
}
