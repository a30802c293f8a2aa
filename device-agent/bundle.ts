/**
 * Makes what a device carries: each of the agent's processes as one file, and the one native library of the platform. Runs
 * where the project is checked out, never on a device.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const packageRequire = createRequire(import.meta.url);

/** Programs of a bundle by their file names, and where they begin. */
const entries: Readonly<Record<string, string>> = {
  agent: 'device-agent/main.ts',
  supervisor: 'device-agent/supervisor.ts',
  'app-host': 'device-agent/runtime/host/main.ts',
  prepare: 'device-agent/runtime/prepare/main.ts',
  'prepare-module': 'device-agent/runtime/prepare/prepare-module.ts',
  'http-door': 'device-agent/runtime/http/main.ts',
  configuration: 'device-agent/command/configuration.ts',
  condition: 'artifact/condition/condition.ts',
  courier: 'device-agent/courier/main.ts',
  'neighbour-door': 'device-agent/neighbours/main.ts',
  'fleet-agent': 'device-agent/command/main.ts',
};

/** What the integrator installs, and how. */
const integrations = [
  'README.md',
  'fleet-agent.service',
  'fleet-agent-carried.service',
  'fleet-agent-carried.path',
  'media-fleet.mount',
];

const libraryName = 'aws-crt.node';
const stampName = 'bundle.json';

/** A processor and C library that aws-crt is built for, such as `linux-arm64-glibc`. */
export type Platform = `${string}-${string}-${string}`;

/** This machine's. */
export function thisPlatform(): Platform {
  if (process.platform !== 'linux') return `${process.platform}-${process.arch}-cruntime`;
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return `linux-${process.arch}-${header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'}`;
}

/**
 * Leaves out of the SDK what an agent never calls (it would load HTTP, event streams and signing with it), and loads the
 * native library from beside the bundle without asking `ldd` which one fits.
 */
const slimSdk: Plugin = {
  name: 'slim-sdk',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^aws-crt$/ }, () => ({ path: 'aws-crt', namespace: 'slim-sdk' }));
    onLoad({ filter: /.*/, namespace: 'slim-sdk' }, () => ({
      resolveDir: root,
      contents: `export * as mqtt_request_response from 'aws-crt/dist/native/mqtt_request_response.js';
        export { CrtError } from 'aws-crt/dist/native/error.js';`,
    }));
    onLoad({ filter: /aws-crt[\\/]dist[\\/]native[\\/]binding\.js$/ }, () => ({
      contents: `Object.defineProperty(exports, '__esModule', { value: true });
        exports.default = require('./${libraryName}');`,
    }));
    onResolve({ filter: /aws-crt\.node$/ }, ({ path }) => ({ path, external: true }));
    // Files of their own: in one file esbuild would load what they import at the start, needed or not.
    onResolve({ filter: /\/(condition|configuration|supervisor|prepare-module)\.ts$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.js`, external: true } : undefined,
    );
  },
};

/** Whether nothing but calls can be made of a property: what begins with a capital letter is constructed, others carry more functions. */
function isOnlyCalled(name: string, value: unknown): boolean {
  if (typeof value !== 'function' || !/^[a-z]/.test(name)) return false;
  return Reflect.ownKeys(value).every((key) => ['length', 'name', 'prototype'].includes(String(key)));
}

/** A function of a module of Node that is looked for when it is first called. */
const lateFunction = (name: string): string =>
  `let late$${name}; const $${name} = (...args) => (late$${name} ??= of('${name}'))(...args); export { $${name} as ${name} };`;

/** Anything else of it, which is there from the beginning. */
const earlyProperty = (name: string): string =>
  `const $${name} = /* @__PURE__ */ of('${name}'); export { $${name} as ${name} };`;

/**
 * Takes of Node's modules the properties a program names: an `import` of them reads every property, and with it loads what
 * hides behind lazy ones (archives, readline, web crypto: over a megabyte of memory). A module that functions alone are taken of is loaded when
 * one is called, which for most is never: compression, names of the network.
 */
const namedBuiltins: Plugin = {
  name: 'named-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path) ? { path, namespace: 'builtin', sideEffects: false } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const all = packageRequire(path) as Record<string, unknown>;
      const names = Object.keys(all).filter((name) => name !== 'default' && /^\w+$/.test(name));
      const exports = names.map((name) => (isOnlyCalled(name, all[name]) ? lateFunction(name) : earlyProperty(name)));
      return {
        contents: `const whole = () => process.getBuiltinModule('${path}');
          const of = (name) => whole()[name];
          ${exports.join('\n')}
          export default /* @__PURE__ */ whole();`,
      };
    });
  },
};

/** What of the validators a program does not call stays out of it. */
const calledValidators: Plugin = {
  name: 'called-validators',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/validators\/[a-z-]+\.js$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path),
      sideEffects: false,
    }));
  },
};

/** Makes one file of each program, with what it is made of; the native library is not among them. */
export async function compile(directory: string, programs = entries): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(programs).map(([out, path]) => ({ in: path, out })),
    outdir: directory,
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'external',
    logLevel: 'silent',
    metafile: true,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    external: ['typescript', 'jiti'],
    plugins: [slimSdk, namedBuiltins, calledValidators],
  });
  return metafile;
}

/** What went into a bundle: sizes and times of its sources, and the platform. */
interface Stamp {
  readonly platform: string;
  readonly inputs: Readonly<Record<string, string>>;
}

function markOf(path: string): string | undefined {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  return stats && `${stats.size} ${stats.mtimeMs}`;
}

function isFresh(directory: string, platform: Platform): boolean {
  try {
    const stamp = JSON.parse(readFileSync(join(directory, stampName), 'utf8')) as Stamp;
    if (stamp.platform !== platform) return false;
    return Object.entries(stamp.inputs).every(([path, mark]) => markOf(path) === mark);
  } catch {
    return false;
  }
}

/** By this process: each has a directory of its own until it is whole. */
let bundlesBegun = 0;

/**
 * Makes a bundle in `directory`, unless the one there is of these very sources; gives the path of the agent's program. Whoever
 * runs the old bundle meanwhile is not disturbed.
 */
export async function bundleAgent(directory: string, platform: Platform = thisPlatform()): Promise<string> {
  const program = join(directory, 'agent.js');
  if (isFresh(directory, platform)) return program;
  const library = join(dirname(packageRequire.resolve('aws-crt')), 'bin', platform, 'aws-crt-nodejs.node');
  if (!existsSync(library)) throw new Error(`aws-crt has no native library for ${platform}: ${library} is not there`);
  bundlesBegun += 1;
  const fresh = `${directory}.${process.pid}.${bundlesBegun}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const { inputs } = await compile(fresh);
  copyFileSync(library, join(fresh, libraryName));
  writeFileSync(join(fresh, 'package.json'), '{ "type": "module" }\n');
  for (const name of integrations) {
    copyFileSync(join(root, 'device-agent/systemd', name), join(fresh, name));
  }
  const marks = ['device-agent/bundle.ts', ...Object.keys(inputs)].flatMap((path) => {
    const mark = markOf(path);
    return mark === undefined ? [] : [[path, mark] as const];
  });
  const stamp: Stamp = { platform, inputs: Object.fromEntries(marks) };
  writeFileSync(join(fresh, stampName), `${JSON.stringify(stamp)}\n`);
  // Who began at the same time may have been faster, and its bundle may be in use already.
  if (!isFresh(directory, platform)) {
    rmSync(directory, { recursive: true, force: true });
    renameSync(fresh, directory);
  }
  rmSync(fresh, { recursive: true, force: true });
  return program;
}
