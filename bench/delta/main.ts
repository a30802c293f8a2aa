/**
 * Our deltas beside the general ones, on pairs of published modules: bytes of each, ours against the best other delta of
 * the pair, and what encoding and decoding take. Every result is compared with the new module.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DeltaEffort } from '../../artifact/delta/encode.ts';
import { bundleWork, measure, type Row } from './measure.ts';
import { othersHere } from './others.ts';
import { choosePairs } from './pairs.ts';
import { groupsOf, headOf, lineOf, meansOf, summaryOf } from './table.ts';

const efforts: readonly DeltaEffort[] = ['fast', 'balanced', 'smallest'];

const usage = `[--quick] [--json] [--pairs WORD,...] [--effort ${efforts.join('|')}]; a word is a part of a package's name,
or NAME@FROM..TO for any other package`;

function optionsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      pairs: { type: 'string', default: '' },
      effort: { type: 'string', default: 'balanced' },
    },
  });
  if (values.help) throw new TypeError(usage);
  const effort = efforts.find((one) => one === values.effort);
  if (effort === undefined) throw new TypeError(`--effort is one of ${efforts.join(', ')}`);
  const pairs = choosePairs(values.pairs.split(',').filter(Boolean), values.quick);
  if (pairs.length === 0) throw new TypeError(`no pair is named ${values.pairs}`);
  return { json: values.json, effort, pairs };
}

/** Runs the benchmark and prints it, as a table or as JSON. */
export async function run(args: readonly string[]): Promise<void> {
  const { json, effort, pairs } = optionsOf(args);
  const others = othersHere((line) => process.stderr.write(`${line}\n`));
  const print = (text: string): unknown => json || process.stdout.write(text);
  const directory = mkdtempSync(join(tmpdir(), 'fleet-delta-'));
  const rows: Row[] = [];
  try {
    const workbench = { effort, others, directory, program: await bundleWork(directory) };
    print(headOf(others));
    for (const pair of pairs) {
      const row = measure(pair, workbench);
      rows.push(row);
      print(lineOf(row));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  print(summaryOf(rows));
  if (!json) return;
  const means = Object.fromEntries(Object.entries(groupsOf(rows)).map(([group, chosen]) => [group, meansOf(chosen)]));
  process.stdout.write(`${JSON.stringify({ effort, rows, means }, undefined, 2)}\n`);
}
