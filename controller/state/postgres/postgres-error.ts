/** What PostgreSQL and the way to it say, as errors that an operator can act on. */
import { StateError, type StateErrorCode } from '../state-port.ts';

/** By SQLSTATE, or its class, the first two characters: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const codes: Readonly<Record<string, StateErrorCode>> = {
  '08': 'STATE_UNREACHABLE',
  // A replica: the address leads to the primary again when it has failed over.
  '25006': 'STATE_UNREACHABLE',
  '28': 'STATE_REFUSED',
  '3D': 'STATE_REFUSED',
  '3F': 'STATE_REFUSED',
  '42501': 'STATE_REFUSED',
  '53': 'STATE_IO',
  '53100': 'STATE_FULL',
  '53300': 'STATE_UNREACHABLE',
  '57P01': 'STATE_UNREACHABLE',
  '57P02': 'STATE_UNREACHABLE',
  '57P03': 'STATE_UNREACHABLE',
  // Of what can't be read a server says so, or that something in it can't be.
  XX: 'STATE_CORRUPT',
};

const remedies: Readonly<Partial<Record<StateErrorCode, string>>> = {
  STATE_REFUSED: 'look at the user, password and database in controller.state.url, and at what that user may do',
  STATE_UNTRUSTED:
    'look at sslmode, sslrootcert and the host in controller.state.url, and at the certificate of the server',
  STATE_FULL: "make room on the database's disk",
  STATE_CORRUPT: 'restore the database from a backup',
  STATE_NEWER: 'start the newer controller that wrote it',
};

/** What Node says of a certificate, and the library, without a code, of a server that has none. */
const untrusted =
  /^(ERR_TLS_CERT|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA)|does not support SSL/;

function codeOf(error: unknown): StateErrorCode {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (untrusted.test(code) || (code === '' && untrusted.test(String(error)))) return 'STATE_UNTRUSTED';
  const known = codes[code] ?? codes[code.slice(0, 2)];
  if (known !== undefined) return known;
  // What has no SQLSTATE comes from the connection: a socket's error, TLS, or its end.
  return /^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE' ? 'STATE_IO' : 'STATE_UNREACHABLE';
}

/** An error about the database at `place`, with what to do about it. */
export function stateError(code: StateErrorCode, place: string, detail: string): StateError {
  const remedy = remedies[code];
  return new StateError(code, `PostgreSQL at ${place}: ${detail}${remedy === undefined ? '' : `; ${remedy}`}`);
}

/** Whatever was thrown, as a `StateError`. */
export function postgresError(place: string, error: unknown): StateError {
  if (error instanceof StateError) return error;
  return stateError(codeOf(error), place, error instanceof Error ? error.message : String(error));
}
