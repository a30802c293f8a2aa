/**
 * The page that people look at: one document, and files named for what is in them. It is for anyone: what it shows it asks of the
 * API, with the token of who looks. Nothing of it comes from elsewhere, and it may run and load nothing else.
 */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { Asked, Route } from './route.ts';

/** A file of the page, packed ahead of time. */
export interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
  readonly brotli: Uint8Array;
}

/** The files by their names; the document, which names the others, is the one without. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Gives the files, which are made when somebody asks first. */
export type LoadPage = () => Promise<PageFiles>;

export interface PageParts {
  /** Without it there is no page. */
  readonly loadPage?: LoadPage;
}

/** Made once, when it is asked for first; what went wrong is tried again by whoever asks next. */
export function pageOnce(make: LoadPage): LoadPage {
  let made: Promise<PageFiles> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** A page of ours loads, asks and is framed by nothing of others, and writes no script or style into itself. */
export const pagePolicy = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"],
].join('; ');

const everywhere = {
  'content-security-policy': pagePolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'accept-encoding',
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Which of the forms a browser takes; one that says `q=0` is taken as if it took it, and none does. */
function formFor({ plain, gzip, brotli }: PageFile, accepted: string): readonly [Uint8Array, string | undefined] {
  if (/\bbr\b/.test(accepted)) return [brotli, 'br'];
  return /\bgzip\b/.test(accepted) ? [gzip, 'gzip'] : [plain, undefined];
}

/** What is named for its contents never changes; the document is asked for anew each time. */
function fileAnswer(file: PageFile, { request }: Asked, caching: string): HttpResponse {
  const { type, etag } = file;
  const headers = { ...everywhere, etag, 'cache-control': caching };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: nothing() };
  const [bytes, encoding] = formFor(file, request.headers['accept-encoding'] ?? '');
  return {
    status: 200,
    headers: {
      ...headers,
      ...{ 'content-type': type, 'content-length': String(bytes.length) },
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    },
    body: once(bytes),
  };
}

const gone = (): HttpResponse => ({ status: 404, headers: { 'cache-control': 'no-store' }, body: nothing() });

/** The document at `/`, and its files below `/page/`. */
export function pageRoutes({ loadPage }: PageParts): Route[] {
  if (loadPage === undefined) return [];
  const answer = async (asked: Asked, name: string, caching: string): Promise<HttpResponse> => {
    const file = (await loadPage()).get(name);
    return file === undefined ? gone() : fileAnswer(file, asked, caching);
  };
  return [
    { method: 'GET', path: '/', for: 'anyone', answer: (asked) => answer(asked, '', 'no-cache') },
    {
      method: 'GET',
      path: '/page/{file}',
      for: 'anyone',
      answer: (asked) => answer(asked, asked.params.file!, 'public, max-age=31536000, immutable'),
    },
  ];
}
