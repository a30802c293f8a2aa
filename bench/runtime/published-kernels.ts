/** Kernels that are published modules, driven as the JavaScript of their packages drives them: a database, an interpreter. */
import { publishedFile } from '../delta/fetch.ts';
import type { Kernel } from './kernels.ts';

type Call = (...values: number[]) => number;
type Functions = Readonly<Record<string, Call>>;

/** Writes a text as C has it, and says where. */
function cString({ malloc }: { readonly malloc: Call }, memory: WebAssembly.Memory, text: string): number {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const at = malloc(bytes.length);
  new Uint8Array(memory.buffer).set(bytes, at);
  return at;
}

const rows = 300;
const sql = `
  CREATE TABLE readings (id INTEGER PRIMARY KEY, device TEXT, bar REAL);
  CREATE INDEX by_device ON readings (device, bar);
  WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO readings SELECT i, 'pump-' || (i * 7919 % 50), (i * 104729 % 1000) / 100.0 FROM n;
  UPDATE readings SET bar = bar + 0.5 WHERE device LIKE 'pump-1%';
  DELETE FROM readings WHERE id IN (
    SELECT a.id FROM readings a JOIN readings b ON a.device = b.device AND a.bar < b.bar GROUP BY a.id HAVING count(*) > 3);
`;

/** A table is filled, changed by an index and thinned out by a join, in memory. */
function driveDatabase(exports: WebAssembly.Exports, memory: WebAssembly.Memory): (rounds: number) => number {
  const { __wasm_call_ctors, ...functions } = exports as unknown as Functions;
  const { malloc, sqlite3_open, sqlite3_exec, sqlite3_total_changes, sqlite3_close_v2 } = functions as {
    readonly [name in 'malloc' | `sqlite3_${'open' | 'exec' | 'total_changes' | 'close_v2'}`]: Call;
  };
  __wasm_call_ctors!();
  const [handle, name, text] = [malloc(4), cString({ malloc }, memory, ':memory:'), cString({ malloc }, memory, sql)];
  return (rounds) => {
    let changes = 0;
    for (let round = 0; round < rounds; round++) {
      sqlite3_open(name, handle);
      const database = new DataView(memory.buffer).getInt32(handle, true);
      if (sqlite3_exec(database, text, 0, 0, 0) !== 0) throw new Error('SQLite refuses what it is given');
      changes += sqlite3_total_changes(database);
      sqlite3_close_v2(database);
    }
    return changes;
  };
}

const script = `(() => {
  const words = {};
  for (let i = 0; i < 400; i++) { const word = 'w' + (i * 31 % 57); words[word] = (words[word] ?? 0) + i; }
  const sorted = Object.entries(words).sort(([, a], [, b]) => b - a).map(([word]) => word.toUpperCase());
  class Tree { constructor(n) { this.left = n > 0 ? new Tree(n - 1) : null; } depth() { return 1 + (this.left?.depth() ?? 0); } }
  return JSON.parse(JSON.stringify(sorted)).join().replace(/W(\\d)/g, '$1').length + new Tree(20).depth();
})()`;

/** A script that counts words, sorts, matches and builds objects. Its module has short names, as its packer gives them. */
function driveScript(exports: WebAssembly.Exports, memory: WebAssembly.Memory): (rounds: number) => number {
  const { u, v, K, N, P, Z, pa } = exports as unknown as {
    readonly [name in 'u' | 'v' | 'K' | 'N' | 'P' | 'Z' | 'pa']: Call;
  };
  const qjs = { construct: u, malloc: v, newRuntime: K, newContext: N, free: P, toNumber: Z, evaluate: pa };
  qjs.construct();
  const everything = 0xffff;
  const context = qjs.newContext(qjs.newRuntime(), everything);
  const [code, file] = [cString(qjs, memory, script), cString(qjs, memory, 'kernel.js')];
  return (rounds) => {
    let sum = 0;
    for (let round = 0; round < rounds; round++) {
      const value = qjs.evaluate(context, code, script.length, file, 0, 0);
      sum += qjs.toNumber(context, value);
      qjs.free(context, value);
    }
    return sum;
  };
}

/** Fetches the modules. */
export function publishedKernels(): Kernel[] {
  const database = publishedFile('@sqlite.org/sqlite-wasm', '3.41.2', 'sqlite-wasm/jswasm/sqlite3.wasm');
  const interpreter = publishedFile('@jitl/quickjs-wasmfile-release-sync', '0.32.0', 'dist/emscripten-module.wasm');
  return [
    { name: 'sqlite', bytes: database, drive: driveDatabase },
    { name: 'quickjs', bytes: interpreter, drive: driveScript },
  ];
}
