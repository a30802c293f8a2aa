import { exportedSignature } from '../../../artifact/admission/exported-function.ts';

/** Why an export cannot be called with what was given; the message is for people. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
}

const typeNames: Readonly<Record<string, string>> = {
  i: 'i32',
  I: 'i64',
  f: 'f32',
  F: 'f64',
  v: 'v128',
  r: 'reference',
};

function signatureOf(bytes: Uint8Array, name: string): string {
  const { signature, functions } = exportedSignature(bytes, name);
  if (signature !== undefined) return signature;
  throw new InvocationError(`it exports no function ${name}; it exports ${functions.join(', ') || 'none'}`);
}

function numberOf(text: string, type: string): number | bigint {
  if (type === 'I' && /^[+-]?\d{1,20}$/.test(text)) return BigInt(text);
  const number = Number(text);
  const fits = type === 'i' ? Number.isInteger(number) : type === 'f' || type === 'F';
  if (fits && text.trim() !== '' && (type !== 'i' || Math.abs(number) < 2 ** 32)) return number;
  throw new InvocationError(`${JSON.stringify(text)} is no ${typeNames[type]}`);
}

/** The values to call an export with, read from texts as its parameters want them. */
export function valuesOf(bytes: Uint8Array, name: string, texts: readonly string[]): (number | bigint)[] {
  const [parameters = ''] = signatureOf(bytes, name).split('>');
  const types = [...parameters];
  if (types.length === texts.length) return texts.map((text, index) => numberOf(text, types[index]!));
  const wanted = types.map((type) => typeNames[type]).join(', ');
  throw new InvocationError(`${name} takes (${wanted}), not ${texts.length} values`);
}
