import { reservedNameProblem } from '../fuel/reserved-name.ts';
import type { Import } from '../wasm/module.ts';
import type { Read } from '../wasm/read/types.ts';
import { callerFunctions, callerSignature } from './caller-functions.ts';
import type { Hearing } from './hearing.ts';
import { isLinkName } from './link-name.ts';
import type { ModuleParts } from './parts.ts';
import { shownName } from './shown-name.ts';
import type { ModuleEntry } from './verdict.ts';
import { preview1Module, wasiSignature } from './wasi-functions.ts';

const namesListed = 3;
const ownMemory = { module: 'env', name: 'memory' } as const;

interface Stranger {
  readonly of: RegExp;
  readonly hint: string;
  /** Other modules may be meant by such names. */
  readonly mayBeLink?: true;
}

const emscripten = 'Emscripten for JavaScript; build it with wasi-sdk';

// Toolchains whose modules are known by what they import, and what to build instead.
const strangers: readonly Stranger[] = [
  { of: /^fleet:caller\./, hint: `what a linked module has of who calls it: ${callerFunctions.join(' and ')}` },
  { of: /^gojs\./, hint: 'Go for browsers; build it with GOOS=wasip1 GOARCH=wasm' },
  { of: /^wasi\.thread-spawn$/, hint: 'WASI threads; build it without them' },
  {
    of: /^wasix_|^wasi_snapshot_preview1\.sock_/,
    hint: 'for WasmEdge or WASIX, with sockets of their own; open /net/tcp/HOST:PORT instead',
  },
  { of: /^wasi:/, hint: 'WASI 0.2, as a core of a component has it; build it for wasm32-wasip1' },
  { of: /wbindgen|_bg\.js\./, hint: 'wasm-bindgen, which needs JavaScript; build it for wasm32-wasip1' },
  { of: /\.napi_|^emnapi\./, hint: 'an addon for Node, which needs JavaScript; build a program for wasm32-wasip1' },
  { of: /^(rb-js-abi-host|canonical_abi)\./, hint: 'an interface of JavaScript; build it without' },
  { of: /^GOT\.|^env\.__(memory|table)_base$/, hint: 'dynamic linking; link it statically into one program' },
  { of: /^env\.(emscripten|_em(bind|val)_|_*(syscall|invoke|asm))|^asm2wasm\.|^global(\.Math)?\./, hint: emscripten },
  { of: /^env\.(__cxa_|_Unwind_)/, hint: 'C++ whose exceptions nothing was linked for; build it with -fno-exceptions' },
  { of: /^env\.(__wasm_)?(setjmp|longjmp)/, hint: "C whose setjmp nothing was linked for; link wasi-sdk's -lsetjmp" },
  { of: /^a\.[A-Za-z]{1,2}$/, hint: emscripten, mayBeLink: true },
];

/** Judges what a module takes from its host and how it is started. */
export function judgeSurface(hearing: Hearing, parts: ModuleParts): ModuleEntry {
  const unknown = parts.imports.filter((one) => !isOffered(hearing, one) && !(hearing.isLinked && mayBeLinked(one)));
  // What one toolchain imports is one problem, by however many names.
  const modules = Map.groupBy(unknown, ({ module }) => module);
  const groups = Map.groupBy(modules, ([module, imports]) => hintOf(imports) ?? module);
  for (const group of groups.values()) {
    const imports = group.flatMap(([, ofModule]) => ofModule);
    refuseImports(hearing, imports, group.length);
  }
  for (const one of parts.imports) if (isOffered(hearing, one)) judgeSignature(hearing, parts, one);
  const reserved = reservedNameProblem(parts.imports, parts.exports) ?? reservedExport(parts);
  if (reserved !== undefined) hearing.problems.add('RESERVED_NAME', 0, reserved);
  judgeMemory(hearing, parts);
  return judgeEntry(hearing, parts);
}

/** A module that is made ready to run, or that stands between two, shows its host what it looks at under such names. */
function reservedExport({ exports }: ModuleParts): string | undefined {
  const taken = exports.find(({ name }) => name.startsWith('fleet:'));
  return taken && `it exports ${shownName(taken.name)}: names that begin with fleet: are those of its host`;
}

/** The signature of a function that devices have. */
function offeredSignature({ isLinked }: Hearing, { module, name }: Import): string | undefined {
  return wasiSignature(module, name) ?? (isLinked ? callerSignature(module, name) : undefined);
}

function isOffered(hearing: Hearing, one: Import): boolean {
  const { module, name, type } = one;
  if (type.kind === 'memory') return module === ownMemory.module && name === ownMemory.name;
  return type.kind === 'function' && offeredSignature(hearing, one) !== undefined;
}

function mayBeLinked({ module, name, type }: Import): boolean {
  const stranger = strangers.find(({ of }) => of.test(`${module}.${name}`));
  return type.kind === 'function' && isLinkName(module) && (stranger === undefined || stranger.mayBeLink === true);
}

function hintOf(imports: readonly Import[]): string | undefined {
  return strangers.find(({ of }) => imports.some(({ module, name }) => of.test(`${module}.${name}`)))?.hint;
}

function refuseImports({ problems }: Hearing, imports: readonly Read<Import>[], modules: number): void {
  const { module, start } = imports[0]!;
  const listed = imports
    .slice(0, namesListed)
    .map(({ module: from, name, type }) => `${type.kind} ${shownName(from)}.${shownName(name)}`);
  const rest = imports.length - listed.length;
  const others = rest > 0 ? ` and ${rest} more of ${modules > 1 ? `${modules} modules` : shownName(module)}` : '';
  const offer = `devices have the functions of ${preview1Module}`;
  const hint = hintOf(imports);
  const what = hint === undefined ? otherModule(module) : ` (this is ${hint})`;
  const message = `it imports ${listed.join(', ')}${others}; ${offer}${what}`;
  problems.add('UNKNOWN_IMPORT', start, message, hint === undefined ? {} : { isOfOtherHost: true });
}

/** What else may have it. */
function otherModule(module: string): string {
  return isLinkName(module) ? ', and others an application may link as a module' : '';
}

function judgeSignature(hearing: Hearing, { types }: ModuleParts, one: Read<Import>): void {
  const { module, name, type, start } = one;
  if (type.kind !== 'function') return;
  const asked = types.signature(type.type);
  const offered = offeredSignature(hearing, one);
  if (asked === offered) return;
  const message = `it imports ${module}.${name} as ${shown(asked)}; devices have ${shown(offered)}`;
  hearing.problems.add('WRONG_SIGNATURE', start, message);
}

/** Who imports nothing of ours needs no memory either. */
function judgeMemory(hearing: Hearing, { imports, exports, memories }: ModuleParts): void {
  if (!imports.some((one) => isOffered(hearing, one))) return;
  const isShown = exports.some(({ name, kind }) => name === 'memory' && kind === 'memory');
  const isTaken = imports.some(({ type }) => type.kind === 'memory');
  if (memories.length > 0 && (isShown || isTaken)) return;
  hearing.problems.add(
    'NO_MEMORY',
    0,
    'it does not export its memory as `memory`, nor imports env.memory: what it imports works through it',
  );
}

function judgeEntry({ problems, isLinked }: Hearing, { types, exports }: ModuleParts): ModuleEntry {
  const start = exports.find(({ name }) => name === '_start');
  const entry = start ?? exports.find(({ name }) => name === '_initialize');
  if (entry === undefined && isLinked) return 'library';
  if (entry === undefined || entry.kind !== 'function') {
    problems.add(
      'NO_ENTRY',
      entry?.start ?? 0,
      'it exports neither the function _start (a command) nor _initialize (a reactor)',
    );
    return 'command';
  }
  const signature = types.signature(types.typeOfFunction(entry.index));
  // Where there are too many functions, none was read.
  if (signature !== '>' && (signature !== undefined || problems.isEmpty)) {
    const message = `its ${entry.name} is ${shown(signature)}; it must take nothing and give nothing`;
    problems.add('WRONG_SIGNATURE', entry.start, message);
  }
  return entry === start ? 'command' : 'reactor';
}

const valueNames: Readonly<Record<string, string>> = {
  i: 'i32',
  I: 'i64',
  f: 'f32',
  F: 'f64',
  v: 'v128',
  r: 'reference',
};

/** A signature for people: `(i32, i64) -> i32`. */
function shown(signature: string | undefined): string {
  const [params, results] = (signature ?? '?>?')
    .split('>')
    .map((letters) => [...letters].map((one) => valueNames[one] ?? one));
  return `(${params!.join(', ')}) -> ${results!.length === 1 ? results![0] : `(${results!.join(', ')})`}`;
}
