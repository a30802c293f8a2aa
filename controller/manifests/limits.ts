/** Ceilings of the manifests room: what is larger is refused, whoever signed it. */

/** Of one file, bytes. */
export const fileBytesMax = 1024 * 1024;

/** Of a text in which the places of problems are looked for, characters: the reader that knows places takes long. */
export const placedCharactersMax = 128 * 1024;

/** Manifests that a text too broken to be read may be thought to declare. */
export const guessesMax = 1_000;

/** How deep maps and lists may nest, aliases followed. */
export const depthMax = 64;

/** Values in one document once every alias is written out: stops alias bombs. */
export const valuesMax = 200_000;

/** Aliases in one document. */
export const aliasesMax = 1_000;

/** Problems of one file that are told. */
export const fileProblemsMax = 50;

/** Problems of one revision that are told; the last one says how many more there are. */
export const problemsMax = 1_000;

/** Of what one device should run, as canonical JSON, bytes. */
export const templateBytesMax = 256 * 1024;

/** Names listed in a message before "and N more". */
export const namesListedMax = 8;
