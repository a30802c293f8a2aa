/** Runs one module: what it may import is checked before anything of it runs. */
import { attachMemory, type Bound, bind, importFault } from '../wasi/instance.ts';
import { thrownText } from '../wasi/thrown.ts';
import { type GuestWorld, ProgramExit } from '../wasi/world.ts';

/** How a run went. A reactor whose `_initialize` returned stays: it has no end of its own. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'trapped'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'resident' };

/** Why a module may not run, or undefined. */
function refusal(module: WebAssembly.Module): string | undefined {
  const fault = importFault(module);
  if (fault !== undefined) return fault;
  const exported = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  if (exported.get('_start') !== 'function' && exported.get('_initialize') !== 'function') {
    return 'it exports neither _start (a command) nor _initialize (a reactor)';
  }
  const importsMemory = WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory');
  return importsMemory || exported.get('memory') === 'memory' ? undefined : 'it does not export its memory';
}

function endOf(error: unknown, exports: WebAssembly.Exports): ProgramEnd {
  if (error instanceof ProgramExit) return { kind: 'exited', exitCode: error.exitCode };
  if (error instanceof WebAssembly.LinkError) return { kind: 'refused', message: error.message };
  return { kind: 'trapped', message: thrownText(error, exports) };
}

/** Runs an instance from its first instruction to its end on this thread, which does nothing else meanwhile. */
function runBound(module: WebAssembly.Module, { imports, others, guest }: Bound): ProgramEnd {
  let exports: WebAssembly.Exports = {};
  try {
    // A start function runs during instantiation, before a memory of its own can be known to the system calls; they answer EFAULT.
    exports = new WebAssembly.Instance(module, { ...imports, ...others }).exports;
    attachMemory(guest, exports);
    const start = exports._start as (() => void) | undefined;
    if (start === undefined) {
      (exports._initialize as () => void)();
      return guest.exit === undefined ? { kind: 'resident' } : endOf(guest.exit, exports);
    }
    start();
    return { kind: 'exited', exitCode: guest.exit?.exitCode ?? 0 };
  } catch (error) {
    return endOf(guest.exit ?? error, exports);
  }
}

/** Compiles and runs until the program ends; `onStart` is called right before its first instruction. */
export function runProgram(bytes: Uint8Array, world: GuestWorld, onStart: () => void): ProgramEnd {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    return { kind: 'refused', message: `it does not compile: ${(error as Error).message}` };
  }
  const reason = refusal(module);
  if (reason !== undefined) return { kind: 'refused', message: reason };
  const bound = bind(module, bytes, world);
  onStart();
  const end = runBound(module, bound);
  if (end.kind !== 'resident') bound.guest.close();
  return end;
}
