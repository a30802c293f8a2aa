import type { Connection, InputStream, OutputStream } from '../../../platform/streams.ts';

/** A stream that a guest opened by its name. */
export type OpenStream =
  | { readonly kind: 'input'; readonly stream: InputStream; readonly close?: () => void | Promise<void> }
  | { readonly kind: 'output'; readonly stream: OutputStream; readonly close?: () => void | Promise<void> }
  | { readonly kind: 'connection'; readonly connection: Connection };

/** Streams by their names in a directory. */
export interface StreamEntries {
  /** Undefined where there is none of that name. */
  open(name: string): OpenStream | undefined;
}
