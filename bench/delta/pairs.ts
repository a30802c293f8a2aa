import { largestSharedModule } from './fetch.ts';

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
  /** Small enough for a run of a few minutes. */
  readonly quick: boolean;
}

type Size = 'below 2 MB' | 'above 2 MB';

const steps = (name: string, file: string, from: readonly string[], to: string, size: Size, tuned: boolean): Pair[] =>
  from.map((version, i) => ({
    ...{ name, file, from: version, to, tuned },
    small: i === from.length - 1,
    quick: size === 'below 2 MB',
  }));

const small = 'below 2 MB';
const large = 'above 2 MB';
const oxc = '@oxc-parser/binding-wasm32-wasi';
const quickjs = '@jitl/quickjs-wasmfile-release-sync';
const tailwind = '@tailwindcss/oxide-wasm32-wasi';

const tuning: readonly Pair[] = [
  ...steps('sql.js', 'dist/sql-wasm.wasm', ['1.13.0', '1.15.2'], '1.16.0', small, true),
  ...steps('harfbuzzjs', 'dist/harfbuzz.wasm', ['1.4.0', '1.6.3'], '1.6.4', small, true),
  ...steps('@rollup/wasm-node', 'dist/wasm-node/bindings_wasm_bg.wasm', ['4.62.5', '4.67.4'], '4.68.4', small, true),
  ...steps(oxc, 'parser.wasm32-wasi.wasm', ['0.145.0', '0.153.0'], '0.154.0', small, true),
  ...steps(quickjs, 'dist/emscripten-module.wasm', ['0.29.2', '0.31.0'], '0.32.0', small, true),
  ...steps('esbuild-wasm', 'esbuild.wasm', ['0.25.12', '0.28.1'], '0.28.2', large, true),
  ...steps('web-tree-sitter', 'debug/web-tree-sitter.wasm', ['0.27.0'], '0.27.1', small, true),
];

// C, C++, Rust, Go and Zig.
const checking: readonly Pair[] = [
  ...steps('@sqlite.org/sqlite-wasm', 'dist/sqlite3.wasm', ['3.53.4-build2'], '3.54.1-build1', small, false),
  ...steps('web-tree-sitter', 'web-tree-sitter.wasm', ['0.27.0'], '0.27.1', small, false),
  ...steps('tree-sitter-javascript', 'tree-sitter-javascript.wasm', ['0.23.1'], '0.25.0', small, false),
  ...steps('zxing-wasm', 'dist/reader/zxing_reader.wasm', ['3.1.3'], '3.1.4', small, false),
  ...steps('zxing-wasm', 'dist/writer/zxing_writer.wasm', ['3.1.3'], '3.1.4', small, false),
  ...steps('ghostty-web', 'ghostty-vt.wasm', ['0.3.0'], '0.4.0', small, false),
  ...steps(tailwind, 'tailwindcss-oxide.wasm32-wasi.wasm', ['4.3.2'], '4.3.3', small, false),
  ...steps('@resvg/resvg-wasm', 'index_bg.wasm', ['2.6.1'], '2.6.2', large, false),
  ...steps('wasm-vips', 'lib/vips-heif.wasm', ['0.0.18'], '0.0.19', large, false),
  ...steps('wasm-vips', 'lib/vips.wasm', ['0.0.18'], '0.0.19', large, false),
  ...steps('@astrojs/compiler', 'dist/astro.wasm', ['2.13.1', '3.0.1'], '4.0.0', large, false),
  ...steps('pyodide', 'pyodide.asm.wasm', ['314.0.6'], '314.0.7', large, false),
  ...steps('lightningcss-wasm', 'lightningcss_node.wasm', ['1.32.0'], '1.33.0', large, false),
];

const listed = [...tuning, ...checking];
const written = /^(?<name>.[^@]*)@(?<from>.+)\.\.(?<to>.+)$/;

/** Listed pairs by parts of their names, all for none; or any pair, written `NAME@FROM..TO`. */
export function choosePairs(words: readonly string[], quick: boolean): readonly Pair[] {
  if (words.length === 0) return quick ? listed.filter((pair) => pair.quick) : listed;
  return words.flatMap((word) => {
    const { name, from, to } = written.exec(word)?.groups ?? {};
    if (name === undefined || from === undefined || to === undefined) {
      return listed.filter((pair) => `${pair.name}/${pair.file}`.includes(word) && (pair.quick || !quick));
    }
    const file = largestSharedModule(name, from, to);
    return [{ name, file, from, to, small: true, tuned: false, quick }];
  });
}
