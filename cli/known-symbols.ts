/** Names of functions in what devices tell of failures, where the work tree here keeps them. */
import { AuthoringError } from '../controller/publishing/authoring/authoring-error.ts';
import { keptSymbols } from '../controller/publishing/authoring/beside-release.ts';
import type { FunctionSymbols } from '../controller/publishing/authoring/strip-debug.ts';
import { withNames } from '../controller/publishing/authoring/symbols.ts';
import type { WorkTree } from '../controller/publishing/authoring/work-tree.ts';
import type { ReleaseName } from '../controller/publishing/release-path.ts';
import type { ApplicationReport, DeviceStatus } from '../schemas/generated/types.ts';

/** A file that can't be used keeps nobody from what the device told: `fleet release symbols` says what is wrong with it. */
function readableSymbols(tree: WorkTree, release: ReleaseName): FunctionSymbols | undefined {
  try {
    return keptSymbols(tree, release);
  } catch (error) {
    if (error instanceof AuthoringError) return undefined;
    throw error;
  }
}

/** What an application told, with its stack as its author calls the functions. */
function named(tree: WorkTree, application: ApplicationReport): ApplicationReport {
  const { name, version, stack } = application;
  const symbols = stack && readableSymbols(tree, { name, version });
  return symbols === undefined
    ? application
    : { ...application, stack: stack!.map((frame) => withNames(frame, symbols)) };
}

/** A device's status with the functions of its failures by name, as far as they are kept here. */
export function withKnownNames(tree: WorkTree, device: DeviceStatus): DeviceStatus {
  const { report } = device;
  if (report === undefined) return device;
  return { ...device, report: { ...report, applications: report.applications.map((one) => named(tree, one)) } };
}
