/** Templates: what stands between marks becomes text nodes and properties, never markup. */
import htm from 'htm';
import { h, type VNode } from 'preact';

/** Makes elements of a template. */
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode = htm.bind(h) as never;
