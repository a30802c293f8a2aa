/** Two published versions of a package and the module in it. */
export interface Pair {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** A step from one version to the next. */
  readonly small: boolean;
  /** Looked at while the encoder was tuned; the others only measure it. */
  readonly tuned: boolean;
}

const steps = (name: string, file: string, from: readonly string[], to: string, tuned: boolean): Pair[] =>
  from.map((version, i) => ({ name, file, from: version, to, small: i === from.length - 1, tuned }));

const oxc = '@oxc-parser/binding-wasm32-wasi';
const quickjs = '@jitl/quickjs-wasmfile-release-sync';
const tailwind = '@tailwindcss/oxide-wasm32-wasi';

/** Modules from C, C++, Rust and Go, of 0.2 to 16 MB. */
export const pairs: readonly Pair[] = [
  ...steps('sql.js', 'dist/sql-wasm.wasm', ['1.13.0', '1.15.2'], '1.16.0', true),
  ...steps('harfbuzzjs', 'dist/harfbuzz.wasm', ['1.4.0', '1.6.3'], '1.6.4', true),
  ...steps('@rollup/wasm-node', 'dist/wasm-node/bindings_wasm_bg.wasm', ['4.62.5', '4.67.4'], '4.68.4', true),
  ...steps(oxc, 'parser.wasm32-wasi.wasm', ['0.145.0', '0.153.0'], '0.154.0', true),
  ...steps(quickjs, 'dist/emscripten-module.wasm', ['0.29.2', '0.31.0'], '0.32.0', true),
  ...steps('esbuild-wasm', 'esbuild.wasm', ['0.25.12', '0.28.1'], '0.28.2', true),
  ...steps('@sqlite.org/sqlite-wasm', 'dist/sqlite3.wasm', ['3.53.4-build2'], '3.54.1-build1', false),
  ...steps('web-tree-sitter', 'web-tree-sitter.wasm', ['0.27.0'], '0.27.1', false),
  ...steps('@resvg/resvg-wasm', 'index_bg.wasm', ['2.6.1'], '2.6.2', false),
  ...steps('wasm-vips', 'lib/vips-heif.wasm', ['0.0.18'], '0.0.19', false),
  ...steps('wasm-vips', 'lib/vips.wasm', ['0.0.18'], '0.0.19', false),
  ...steps(tailwind, 'tailwindcss-oxide.wasm32-wasi.wasm', ['4.3.2'], '4.3.3', false),
  ...steps('lightningcss-wasm', 'lightningcss_node.wasm', ['1.32.0'], '1.33.0', false),
];
