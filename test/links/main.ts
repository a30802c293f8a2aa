/**
 * Leads an update over the link that is given as JSON, or with a number behind it updates with so many power cuts, and prints what became of
 * it as JSON. Runs as `ownNetwork` has it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cutOverLink } from './cut-over-link.ts';
import { leadOverLink } from './lead-over-link.ts';
import type { Link } from './links.ts';

const link = JSON.parse(process.argv[2]!) as Link;
const cuts = process.argv[3];
const directory = mkdtempSync(join(tmpdir(), 'fleet-link-'));
try {
  const outcome = cuts === undefined ? leadOverLink(link, directory) : cutOverLink(link, Number(cuts), directory);
  process.stdout.write(`${JSON.stringify(await outcome)}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
