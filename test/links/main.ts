/** Leads an update over the link that is given as JSON, and prints what became of it as JSON. Runs as `ownNetwork` has it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leadOverLink } from './lead-over-link.ts';
import type { Link } from './links.ts';

const link = JSON.parse(process.argv[2]!) as Link;
const directory = mkdtempSync(join(tmpdir(), 'fleet-link-'));
try {
  process.stdout.write(`${JSON.stringify(await leadOverLink(link, directory))}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
