import { judgeLinkedModule, judgeModule } from '../../../artifact/admission/judge-module.ts';
import { AuthoringError } from './authoring-error.ts';

/** What a release's signers say of it besides length and digest. */
export interface WasmFacts {
  readonly kind: 'module';
  /** Names that its imports come from, sorted. */
  readonly imports: readonly string[];
}

/** Checks that devices can run a module, alone or as one of several; throws CANNOT_RUN with every reason, or NOT_WASM. */
export function checkWasm(bytes: Uint8Array, file: string, isLinked: boolean): WasmFacts {
  const verdict = isLinked ? judgeLinkedModule(bytes) : judgeModule(bytes);
  if (verdict.kind === 'refused') {
    const isWasm = verdict.problems.every(({ code }) => code !== 'NOT_WASM');
    const reasons = verdict.problems.map(({ message }) => message).join('; ');
    // Names that a toolchain makes short may be names of links too, and hardly ever are.
    const mayBePart = !isLinked && !verdict.problems.some(({ isOfOtherHost }) => isOfOtherHost);
    const isPart = mayBePart && judgeLinkedModule(bytes).kind === 'runs';
    const hint = isPart ? '; as one of several modules it is added with --linked' : '';
    throw new AuthoringError(isWasm ? 'CANNOT_RUN' : 'NOT_WASM', `${file} cannot run on a device: ${reasons}${hint}`);
  }
  return { kind: 'module', imports: verdict.imports };
}
