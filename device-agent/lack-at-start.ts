import type { ProcessLimits } from '../platform/ports.ts';

/**
 * What an agent that runs one application and fetches an update takes: three processes of Node, each of which the system ends, or the
 * library aborts, where it gets less.
 */
const least: ProcessLimits = { descriptors: 40, threads: 24, addressBytes: 1.5 * 2 ** 30 };

/** Why an agent is not to be started under these limits, as a sentence; undefined where it may be. */
export function lackAtStart({ descriptors, threads, addressBytes }: ProcessLimits): string | undefined {
  if (descriptors < least.descriptors)
    return `it may open ${descriptors} files here and needs ${least.descriptors}: raise LimitNOFILE (ulimit -n)`;
  if (threads < least.threads)
    return `its user may have ${threads} threads here and it needs ${least.threads}: raise LimitNPROC (ulimit -u)`;
  if (addressBytes < least.addressBytes)
    return `it may have ${mebibytes(addressBytes)} of addresses here and needs ${mebibytes(least.addressBytes)}: raise LimitAS (ulimit -v)`;
  return undefined;
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)} MiB`;
}
