/** The old file of a patch that starts from nothing: its form of a module that no version was there of before. */
export const nothing: Uint8Array = new Uint8Array();

/** The digest of nothing, by which an index names it as the base of such a patch. Agents that know no such patch have no such base. */
export const nothingSha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
