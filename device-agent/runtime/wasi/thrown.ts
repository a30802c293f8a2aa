/** What came out of a guest, in words. */
import { printable } from '../../../platform/printable.ts';

const shownMax = 200;

/** Names and texts that a guest chose, fit to be shown. */
function shown(text: string): string {
  return printable(text.length > shownMax ? `${text.slice(0, shownMax)}…` : text);
}

/** The values that an exception carries; only who has its tag can see them. */
function payloadOf(exception: WebAssembly.Exception, tag: WebAssembly.Tag): string {
  const values: string[] = [];
  try {
    for (let index = 0; index < 8; index++) values.push(String(exception.getArg(tag, index)));
  } catch {
    // Behind the last value.
  }
  return values.length === 0 ? '' : ` with ${shown(values.join(', '))}`;
}

function exceptionText(exception: WebAssembly.Exception, exports: WebAssembly.Exports): string {
  if (exception.is(WebAssembly.JSTag))
    return `an exception that nobody caught${payloadOf(exception, WebAssembly.JSTag)}`;
  for (const [name, tag] of Object.entries(exports)) {
    if (!(tag instanceof WebAssembly.Tag) || !exception.is(tag)) continue;
    return `an exception that nobody caught: ${shown(name)}${payloadOf(exception, tag)}`;
  }
  return 'an exception that nobody caught, of a tag that the module does not export';
}

/** Says what ended a guest: a trap, or an exception of its own. `exports` is what is known of its instance. */
export function thrownText(error: unknown, exports: WebAssembly.Exports = {}): string {
  if (error instanceof WebAssembly.Exception) return exceptionText(error, exports);
  return `trap: ${shown(error instanceof Error ? error.message : String(error))}`;
}
