/** Runs one module: what it may import is checked before anything of it runs. */
import { preview1, wasiModule } from '../wasi/preview1.ts';
import { type GuestWorld, ProgramExit } from '../wasi/world.ts';

/** How a run went. A reactor whose `_initialize` returned stays: it has no end of its own. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'trapped'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'resident' };

/** Why a module may not run, or undefined. */
function refusal(module: WebAssembly.Module, granted: Readonly<Record<string, unknown>>): string | undefined {
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from === wasiModule && kind === 'function' && Object.hasOwn(granted, name)) continue;
    return `it imports the ${kind} ${from}.${name}; applications are granted functions of ${wasiModule} only`;
  }
  const exported = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  if (exported.get('_start') !== 'function' && exported.get('_initialize') !== 'function') {
    return 'it exports neither _start (a command) nor _initialize (a reactor)';
  }
  if (exported.get('memory') !== 'memory') return 'it does not export its memory';
  return undefined;
}

function trapMessage(error: unknown): string {
  if (error instanceof WebAssembly.RuntimeError) return `trap: ${error.message}`;
  return `trap: ${error instanceof Error ? error.message : String(error)}`;
}

/** Compiles and runs until the program ends; `onStart` is called right before its first instruction. */
export function runProgram(bytes: Uint8Array, world: GuestWorld, onStart: () => void): ProgramEnd {
  const { calls, memory } = preview1(world);
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    return { kind: 'refused', message: `it does not compile: ${(error as Error).message}` };
  }
  const reason = refusal(module, calls);
  if (reason !== undefined) return { kind: 'refused', message: reason };
  onStart();
  try {
    // A start function runs during instantiation, before its memory can be known to the system calls; they answer EFAULT.
    const { exports } = new WebAssembly.Instance(module, { [wasiModule]: calls });
    memory.attach(exports.memory as WebAssembly.Memory);
    const start = exports._start as (() => void) | undefined;
    if (start === undefined) {
      (exports._initialize as () => void)();
      return { kind: 'resident' };
    }
    start();
    return { kind: 'exited', exitCode: 0 };
  } catch (error) {
    if (error instanceof ProgramExit) return { kind: 'exited', exitCode: error.exitCode };
    if (error instanceof WebAssembly.LinkError) return { kind: 'refused', message: error.message };
    return { kind: 'trapped', message: trapMessage(error) };
  }
}
