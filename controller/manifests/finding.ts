/** Something wrong with a manifest, before it is known in which line: a place in a document's value. */

/** Property names and list indices from the root of a document. */
export type ValuePath = readonly (string | number)[];

/** Where in a document; `part` tells the name of a member from its value. */
export interface Place {
  /** Zero-based index of the document in its file. */
  readonly document: number;
  readonly path: ValuePath;
  readonly part: 'key' | 'value';
}

/** What is wrong inside one file. */
export interface FileFinding extends Place {
  readonly code: string;
  readonly message: string;
}

/** What is wrong in a revision. */
export interface Finding extends FileFinding {
  readonly file: string;
}

/** `spec.applications[0].release`. */
export function pathText(path: ValuePath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
