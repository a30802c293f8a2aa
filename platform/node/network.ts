import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { type HttpRequest, type HttpResponse, type Network, NetworkError, type NetworkErrorCode } from '../ports.ts';

/** What a client shows and trusts. PEM texts. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** How long a server may say nothing at all before an exchange counts as cut. */
const silenceMsMax = 60_000;

function errorCode(error: NodeJS.ErrnoException, signal: AbortSignal): NetworkErrorCode {
  if (signal.aborted) return 'ABORTED';
  const code = error.code ?? '';
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME)/.test(code)) return 'TLS';
  if (code === 'ETIMEDOUT') return 'TIMEOUT';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') return 'CUT';
  return 'UNREACHABLE';
}

async function* bodyOf(message: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of message) yield chunk as Uint8Array;
  } catch (error) {
    throw new NetworkError(signal.aborted ? 'ABORTED' : 'CUT', (error as Error).message);
  }
  if (!message.complete) throw new NetworkError('CUT', 'the connection ended before the answer did');
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** HTTP and HTTPS out of this machine. `identity` is asked for at every exchange, so that a renewed certificate is used at once. */
export function openNetwork(identity: () => TlsIdentity): Network {
  return {
    request: (wanted: HttpRequest, signal: AbortSignal) =>
      new Promise<HttpResponse>((resolve, reject) => {
        const fail = (error: Error): void => reject(new NetworkError(errorCode(error, signal), error.message));
        const url = new URL(wanted.url);
        const { ca, certificate, key } = identity();
        const options = {
          method: wanted.method,
          headers: { ...wanted.headers },
          signal,
          timeout: silenceMsMax,
          agent: false,
        };
        const tls = {
          ...(ca === undefined ? {} : { ca }),
          ...(certificate === undefined ? {} : { cert: certificate }),
          ...(key === undefined ? {} : { key }),
        };
        const exchange =
          url.protocol === 'https:' ? requestTls(url, { ...options, ...tls }) : requestPlain(url, options);
        exchange.on('error', fail);
        exchange.on('timeout', () =>
          exchange.destroy(
            Object.assign(new Error(`no answer from ${url.host} for ${silenceMsMax / 1000} s`), { code: 'ETIMEDOUT' }),
          ),
        );
        exchange.on('response', (message) => {
          resolve({ status: message.statusCode ?? 0, headers: headersOf(message), body: bodyOf(message, signal) });
        });
        exchange.end(wanted.body);
      }),
  };
}
