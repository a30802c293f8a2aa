// The engine room's log book, for a panel on board: POST /logbook adds what is in the body, GET /logbook shows the last entry.
// Requests come as to any CGI program (RFC 3875). Each entry goes to the shore.
import { environment, readAll, readText, writeAll, writeText } from './wasi';

const ENTRY_BYTES_MAX: i32 = 500;
const STDIN: u32 = 0;
const STDOUT: u32 = 1;

function answer(status: string, text: string): void {
  writeAll(STDOUT, `Status: ${status}\nContent-Type: text/plain; charset=utf-8\n\n${text}\n`);
}

function add(entry: string): void {
  if (entry.length == 0 || entry.includes('\n')) return answer('400 Bad Request', 'an entry is one line');
  const kept = writeText('/kv/last', entry) && writeText('/channels/out/entries', `${entry}\n`);
  answer(kept ? '201 Created' : '507 Insufficient Storage', kept ? entry : 'it could not be kept');
}

export function _start(): void {
  const method = environment('REQUEST_METHOD');
  if (method == 'POST') add(readAll(STDIN, ENTRY_BYTES_MAX).trim());
  else if (method == 'GET') answer('200 OK', readText('/kv/last', ENTRY_BYTES_MAX));
  else answer('405 Method Not Allowed', 'GET or POST');
}
