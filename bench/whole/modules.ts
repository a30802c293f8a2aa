import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { publishedFile } from '../delta/fetch.ts';

/** A module as it is published, or one of the examples of this repository. */
export interface WholeModule {
  readonly name: string;
  /** The priors and the contexts were made with it; the others only measure. */
  readonly isTunedOn: boolean;
  open(): Uint8Array;
}

const examples = fileURLToPath(new URL('../../fleet-examples', import.meta.url));

const example = (file: string, isTunedOn: boolean): WholeModule => ({
  name: file.split('/').at(-1)!,
  isTunedOn,
  open: () => readFileSync(`${examples}/${file}.wasm`),
});

const published = (name: string, version: string, file: string, isTunedOn: boolean): WholeModule => ({
  name: `${name} ${version} ${file.split('/').at(-1)}`,
  isTunedOn,
  open: () => publishedFile(name, version, file),
});

const quickjs = '@jitl/quickjs-wasmfile-release-sync';
const micropython = '@micropython/micropython-webassembly-pyscript';

// Rust, C, C++, AssemblyScript, Zig and TinyGo.
const tuned: readonly WholeModule[] = [
  published('sql.js', '1.16.0', 'dist/sql-wasm.wasm', true),
  published('harfbuzzjs', '1.6.4', 'dist/harfbuzz.wasm', true),
  published(quickjs, '0.32.0', 'dist/emscripten-module.wasm', true),
  published('source-map', '0.8.0', 'lib/mappings.wasm', true),
  published('yoga-wasm-web', '0.3.3', 'dist/yoga.wasm', true),
  published('argon2-browser', '1.18.0', 'dist/argon2.wasm', true),
  published('@rollup/wasm-node', '4.68.4', 'dist/wasm-node/bindings_wasm_bg.wasm', true),
  published('@cloudflare/workers-wasi', '0.0.5', 'dist/memfs.wasm', true),
  published('web-tree-sitter', '0.27.1', 'web-tree-sitter.wasm', true),
  published('@wasmer/wasi', '1.2.2', 'tests/pipe_reverse.wasm', true),
  example('engine-room/apps/pressure-alarm/pressure-alarm-1.0.0', true),
  example('harbor/apps/position-beacon/position-beacon-1.0.0', true),
];

const heldOut: readonly WholeModule[] = [
  published('brotli-wasm', '3.0.1', 'pkg.node/brotli_wasm_bg.wasm', false),
  published('vscode-oniguruma', '2.0.1', 'release/onig.wasm', false),
  published('wasmoon', '1.16.0', 'dist/glue.wasm', false),
  published('tree-sitter-javascript', '0.25.0', 'tree-sitter-javascript.wasm', false),
  published('zxing-wasm', '3.1.4', 'dist/writer/zxing_writer.wasm', false),
  published('ghostty-web', '0.4.0', 'ghostty-vt.wasm', false),
  published(micropython, '1.27.0', 'micropython.wasm', false),
  published('@node-rs/argon2-wasm32-wasi', '2.2.1', 'argon2.wasm32-wasi.wasm', false),
  published('@wasm-fmt/ruff_fmt', '0.15.20', 'ruff_fmt_bg.wasm', false),
  published('@resvg/resvg-wasm', '2.6.2', 'index_bg.wasm', false),
  example('harbor/apps/tide-logger/tide-logger-1.0.0', false),
  example('engine-room/apps/pressure-trend/pressure-trend-1.0.0', false),
];

/** Modules whose names contain one of the words, all for none. */
export function chooseModules(words: readonly string[]): readonly WholeModule[] {
  return [...tuned, ...heldOut].filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
}
