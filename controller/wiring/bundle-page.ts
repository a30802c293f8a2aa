/** Makes the files of the page of their sources, each packed as browsers take it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build, stop } from 'esbuild';
import type { PageFile, PageFiles } from '../doors/http/page-routes.ts';

const directory = fileURLToPath(new URL('../page', import.meta.url));

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

async function packed(bytes: Uint8Array, extension: string): Promise<PageFile> {
  const [small, smaller] = await Promise.all([promisify(gzip)(bytes, { level: 9 }), promisify(brotliCompress)(bytes)]);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type: types[extension]!, etag, plain: bytes, gzip: small, brotli: smaller };
}

/** What the browser runs and shows, as files named for what is in them. */
async function bundled(): Promise<readonly { readonly name: string; readonly bytes: Uint8Array }[]> {
  const { outputFiles } = await build({
    absWorkingDir: directory,
    entryPoints: ['page.ts', 'page.css', 'icon.svg'],
    entryNames: '[name]-[hash]',
    outdir: 'out',
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2024',
    legalComments: 'none',
    logLevel: 'silent',
    loader: { '.svg': 'copy' },
  });
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), bytes: contents }));
}

function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Makes all of them. The program that bundles ends when it has. */
export async function bundlePage(): Promise<PageFiles> {
  const files = await bundled().finally(() => stop());
  const template = await readFile(`${directory}/page.html`, 'utf8');
  const text = files.reduce(
    (html, { name }) => html.replace(name.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, ''), `page/${name}`),
    template,
  );
  const all = [...files, { name: '', bytes: new TextEncoder().encode(text) }];
  return new Map(
    await Promise.all(
      all.map(
        async ({ name, bytes }) => [name, await packed(bytes, name === '' ? 'html' : extensionOf(name))] as const,
      ),
    ),
  );
}
