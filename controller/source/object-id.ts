import { createHash } from 'node:crypto';

/** What git calls an object of these bytes: the SHA-1 of `TYPE SIZE NUL CONTENT`, in hexadecimal. */
export function objectId(type: string, content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}
