/** A real agent's update over each of the links in `test/links/links.ts`, one after the other. */
import { parseArgs } from 'node:util';
import type { Passage } from '../../test/links/lead-over-link.ts';
import { type Link, links } from '../../test/links/links.ts';
import { measureCuts, measureLink } from '../../test/links/measure-link.ts';
import { lackOfNetworks } from '../../test/links/namespaces.ts';
import { median } from '../median.ts';

const columns = [
  ...['done s', 'behind s', 'contacts', 'needed', 'up', 'down', 'beside'],
  ...['carriage', 'stray', 'resent', 'said', 'handshakes'],
];

function lineOf(cells: readonly string[]): string {
  return cells.map((cell, at) => (at === 0 ? cell.padEnd(18) : cell.padStart(11))).join('');
}

function secondsOf(ms: number | undefined): string {
  return ms === undefined ? 'never' : (ms / 1000).toFixed(1);
}

/** The others are measured all the same. */
function brokenOff(error: Error): undefined {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** A row; what had to travel beside the module is what it cost, and why. */
function rowOf(passage: Passage, { says }: Link): string {
  const { link, doneMs, behindMs, contacts, contactsNeeded, neededBytes, upBytes, downBytes, handshakes } = passage;
  const { carriageBytes, strayBytes, resentBytes } = passage;
  const beside = upBytes + downBytes - neededBytes;
  const said = beside - carriageBytes - strayBytes - resentBytes;
  const sizes = [neededBytes, upBytes, downBytes, beside, carriageBytes, strayBytes, resentBytes, said].map(String);
  const row = lineOf([
    ...[link, secondsOf(doneMs), secondsOf(behindMs), `${contacts}/${contactsNeeded}`],
    ...[...sizes, String(handshakes)],
  ]);
  return `${row}  ${says}\n${passage.lack === undefined ? '' : `  ${passage.lack}\n`}`;
}

function chosen(names: string | undefined): readonly Link[] {
  if (names === undefined) return links;
  return names.split(',').map((wanted) => {
    const link = links.find(({ name }) => name === wanted);
    if (link !== undefined) return link;
    throw new TypeError(`no link ${wanted}; there are ${links.map(({ name }) => name).join(', ')}`);
  });
}

const cutsMax = 1_000;

function cutCount(text: string): number {
  const count = Number(text);
  if (/^[1-9]\d*$/.test(text) && count <= cutsMax) return count;
  throw new TypeError(`--cuts takes how many times the power goes, from 1 to ${cutsMax}, not "${text}"`);
}

/** Updates over one link while the power goes again and again. */
async function printCuts(link: Link, count: number): Promise<void> {
  const { cuts, updates, darkMs, violations } = await measureCuts(link, count);
  const middle = secondsOf(median(darkMs));
  const most = secondsOf(Math.max(...darkMs));
  const dark = `without an application for ${middle} s in the median, ${most} s at most`;
  process.stdout.write(
    `${link.name}: ${cuts} power cuts, ${updates} updates, ${dark}; ${violations.length} violations\n`,
  );
  for (const violation of violations) process.stdout.write(`  ${violation}\n`);
  if (violations.length > 0) process.exitCode = 1;
}

/** Runs the benchmark and prints it, a row as soon as it is there, or all as JSON. */
export async function run(args: readonly string[]): Promise<void> {
  const options = { json: { type: 'boolean' }, links: { type: 'string' }, cuts: { type: 'string' } } as const;
  const { json, links: names, cuts } = parseArgs({ args: [...args], options }).values;
  const asked = chosen(names);
  const count = cuts === undefined ? undefined : cutCount(cuts);
  const lack = lackOfNetworks();
  if (lack !== undefined) {
    process.stderr.write(`${asked.length} links skipped: ${lack}\n`);
    return;
  }
  if (count !== undefined) {
    for (const link of asked) await printCuts(link, count);
    return;
  }
  if (!json) process.stdout.write(`${lineOf(['link', ...columns])}\n`);
  const passages: Passage[] = [];
  for (const link of asked) {
    const passage = await measureLink(link).catch(brokenOff);
    if (passage === undefined) continue;
    passages.push(passage);
    if (!json) process.stdout.write(rowOf(passage, link));
  }
  if (json) process.stdout.write(`${JSON.stringify(passages, undefined, 2)}\n`);
}
