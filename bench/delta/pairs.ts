/** Two published versions of a module. */
export type Pair = {
  readonly set: 'tuning' | 'checking';
  readonly language: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Path of the module inside the package. */
  readonly file: string;
  /** Whether the versions follow each other. */
  readonly small: boolean;
};

type Source = readonly [
  set: Pair['set'],
  language: string,
  name: string,
  file: string,
  to: string,
  far: string,
  near?: string,
];

/** The models were tuned on the first set; the second only ever checks them. */
const sources: readonly Source[] = [
  ['tuning', 'C', 'sql.js', 'dist/sql-wasm.wasm', '1.16.0', '1.13.0', '1.15.2'],
  ['tuning', 'C++', 'harfbuzzjs', 'dist/harfbuzz.wasm', '1.6.4', '1.4.0', '1.6.3'],
  ['tuning', 'Rust', '@rollup/wasm-node', 'dist/wasm-node/bindings_wasm_bg.wasm', '4.68.4', '4.62.5', '4.67.4'],
  ['tuning', 'Rust', '@oxc-parser/binding-wasm32-wasi', 'parser.wasm32-wasi.wasm', '0.154.0', '0.145.0', '0.153.0'],
  ['tuning', 'C', '@jitl/quickjs-wasmfile-release-sync', 'dist/emscripten-module.wasm', '0.32.0', '0.29.2', '0.31.0'],
  ['tuning', 'Go', 'esbuild-wasm', 'esbuild.wasm', '0.28.2', '0.25.12', '0.28.1'],
];

const steps: readonly (readonly [language: string, name: string, file: string, from: string, to: string])[] = [
  ['C', '@sqlite.org/sqlite-wasm', 'dist/sqlite3.wasm', '3.53.4-build2', '3.54.1-build1'],
  ['C', 'web-tree-sitter', 'web-tree-sitter.wasm', '0.27.0', '0.27.1'],
  ['C', 'web-tree-sitter', 'debug/web-tree-sitter.wasm', '0.27.0', '0.27.1'],
  ['Rust', '@resvg/resvg-wasm', 'index_bg.wasm', '2.6.1', '2.6.2'],
  ['C++', 'wasm-vips', 'lib/vips.wasm', '0.0.18', '0.0.19'],
  ['C++', 'wasm-vips', 'lib/vips-jxl.wasm', '0.0.18', '0.0.19'],
  ['Rust', '@tailwindcss/oxide-wasm32-wasi', 'tailwindcss-oxide.wasm32-wasi.wasm', '4.3.2', '4.3.3'],
];

/** All pairs, the starting list first. */
export const pairs: readonly Pair[] = [
  ...sources.flatMap(([set, language, name, file, to, far, near]) => [
    { set, language, name, file, to, from: far, small: false },
    ...(near === undefined ? [] : [{ set, language, name, file, to, from: near, small: true }]),
  ]),
  ...steps.map(
    ([language, name, file, from, to]): Pair => ({ set: 'checking', language, name, file, from, to, small: true }),
  ),
];
