import type { DeployedApplication, FactReport } from '../../../schemas/generated/types.ts';

export type FactType = NonNullable<DeployedApplication['facts']>[string];
export type FactValue = FactReport['value'];

/** Of a text, in characters; the report of a device is small. */
export const textLengthMax = 64;

/** The value that a program has written for a fact of this type; undefined when it is none. */
export function factValue(type: FactType, written: string): FactValue | undefined {
  const text = written.trim();
  switch (type) {
    case 'number': {
      const number = text === '' ? Number.NaN : Number(text);
      return Number.isFinite(number) ? number : undefined;
    }
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : undefined;
    case 'string':
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
      return text.length > textLengthMax || /[\u0000-\u001f\u007f-\u009f]/.test(text) ? undefined : text;
    default:
      return type satisfies never;
  }
}
