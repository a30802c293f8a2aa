import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Cuts } from './cut-over-link.ts';
import type { Passage } from './lead-over-link.ts';
import type { Link } from './links.ts';
import { ownNetwork } from './namespaces.ts';

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What a program prints, of networks that end with it. Where that ends without a figure it throws what was said. */
async function outcomeOf(name: string, file: string, args: readonly string[]): Promise<unknown> {
  const [unshare, ...words] = ownNetwork;
  // The shell is there for who is left without a parent: Node would not wait for them.
  const inside = ['sh', '-c', '"$0" "$@"; exit $?', process.execPath, program(file), ...args];
  const child = spawn(unshare, [...words, ...inside], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complained, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${name}: ${complained.trim()}`);
  return JSON.parse(said);
}

/** Leads an update over a link. */
export async function measureLink(link: Link): Promise<Passage> {
  return (await outcomeOf(link.name, 'main.ts', [JSON.stringify(link)])) as Passage;
}

/** Has so many power cuts come between updates over a link. */
export async function measureCuts(link: Link, cuts: number): Promise<Cuts> {
  return (await outcomeOf(link.name, 'main.ts', [JSON.stringify(link), String(cuts)])) as Cuts;
}

/** Asks over the ways out of a machine that has two. */
export async function askTwoWays(): Promise<unknown> {
  return await outcomeOf('two ways', 'two-ways.ts', []);
}
