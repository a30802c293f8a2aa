import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Goes with the packages, the compiler among them, whenever they are installed anew. */
const keptDirectory = fileURLToPath(new URL('../../../node_modules/.cache/assemblyscript/', import.meta.url));

/**
 * Compiles AssemblyScript; throws with the compiler's words where it does not compile. Loading the compiler takes longer than
 * most tests: what it made of a source is kept.
 */
export async function compileAssemblyScript(source: string, ...flags: string[]): Promise<Uint8Array> {
  const digest = createHash('sha256')
    .update(JSON.stringify([source, flags]))
    .digest('hex');
  const kept = `${keptDirectory}${digest}.wasm`;
  if (existsSync(kept)) return new Uint8Array(readFileSync(kept));
  const binary = await compile(source, flags);
  mkdirSync(keptDirectory, { recursive: true });
  const made = `${kept}.${process.pid}`;
  writeFileSync(made, binary);
  renameSync(made, kept);
  return binary;
}

async function compile(source: string, flags: readonly string[]): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc');
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(['module.ts', '--outFile', 'module.wasm', ...flags], {
    readFile: (name: string) => (name === 'module.ts' ? source : null),
    writeFile: (_: string, contents: string | Uint8Array) => {
      if (typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`${error?.message}\n${stderr}`);
  return binary;
}

/** A program with strings, a class, a table and recursion: a few kilobytes of code and data. */
export const program = `
class Node { constructor(public name: string, public next: Node | null, public weight: i32) {} }
const words = ["anchor", "buoy", "crane", "deck", "engine"];
export function join(separator: string): string { return words.join(separator); }
export function sum(count: i32): i32 {
  let head: Node | null = null;
  for (let i = 0; i < count; i++) head = new Node(words[i % words.length], head, i * 3 + 70000);
  let total = 0;
  let node = head;
  while (node != null) {
    total += node.weight + node.name.length;
    node = node.next;
  }
  return total;
}
const operations: ((a: i32, b: i32) => i32)[] = [(a, b) => a + b, (a, b) => a * b, (a, b) => a ^ b];
export function run(which: i32, a: i32, b: i32): i32 { return operations[which](a, b); }
export function parse(text: string): f64 { return parseFloat(text) * 2.5; }
`;
