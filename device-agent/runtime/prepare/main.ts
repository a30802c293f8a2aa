/** The program that prepares modules: `node main.ts`, one message for each; it lives as long as the channel. */

import { nodeDisk } from '../../../platform/node/disk.ts';
import { onStarterGone } from '../../../platform/node/starter-gone.ts';
import { DiskError } from '../../../platform/ports.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { prepareModule } from './prepare-module.ts';
import { PreparedStore } from './prepared-store.ts';
import type { PrepareOutcome, PrepareWork } from './protocol.ts';

function prepare({
  modulePath,
  sha256,
  length,
  memoryPagesMax,
  isLinked,
  directory,
  name,
}: PrepareWork): PrepareOutcome {
  const bytes = nodeDisk.stat(modulePath)?.bytes === length ? nodeDisk.readFile(modulePath) : undefined;
  if (bytes === undefined || sha256Hex(bytes) !== sha256) {
    return { kind: 'refused', message: `${modulePath} is not what was deployed` };
  }
  const preparation = prepareModule(bytes, memoryPagesMax, isLinked);
  if (preparation.kind === 'refused') return preparation;
  new PreparedStore(nodeDisk, directory).keep(name, preparation.module, preparation.traits);
  return { kind: 'prepared' };
}

onStarterGone(() => process.exit());
process.on('message', (work: PrepareWork) => {
  let outcome: PrepareOutcome;
  try {
    outcome = prepare(work);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    outcome = { kind: 'failed', message: error.message };
  }
  process.send?.(outcome);
});
