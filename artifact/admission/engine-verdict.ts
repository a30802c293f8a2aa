/** Of a module's own names, which the engine shows in its reasons. */
const lettersShown = 300;

/** Why the engine refuses a module whose form and size were judged; undefined where it takes it. Nothing is compiled that is valid. */
export function engineProblem(bytes: Uint8Array): string | undefined {
  if (WebAssembly.validate(bytes)) return undefined;
  const reason = reasonOf(bytes).replaceAll(/\p{C}/gu, '·').slice(0, lettersShown);
  return `it is not valid WebAssembly: ${reason}`;
}

function reasonOf(bytes: Uint8Array): string {
  try {
    new WebAssembly.Module(bytes);
    return 'the engine does not say why';
  } catch (error) {
    return String((error as Error).message).replace(/^WebAssembly\.Module\(\): /, '');
  }
}
