/** Where what devices' applications say comes out, as it is configured. */
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { nodeDisk as disk } from '../../platform/node/disk.ts';
import type { FileOutletConfiguration } from '../../schemas/generated/types.ts';
import { FileOutlet } from '../messages/file-outlet.ts';
import { MessageFiles } from '../messages/message-files.ts';
import { WatchedOutlet } from '../messages/watched-outlet.ts';
import type { Term } from '../state/leadership.ts';
import { diskWhileLeading } from '../state/while-leading.ts';
import type { Ground } from './ground.ts';

function openFiles({ directory, fileBytes, fileMinutes, bytesMax, whenFull }: FileOutletConfiguration, term: Term) {
  const terms = {
    ...{ directory, fileBytes: fileBytes!, fileMs: fileMinutes! * 60_000 },
    ...{ bytesMax: bytesMax!, whenFull: whenFull! },
  };
  return new MessageFiles(terms, diskWhileLeading(disk, term), clock);
}

/** All outlets, each left alone for a while after it failed. */
export function openOutlets({ configuration, log, guard }: Ground, term: Term) {
  const { files: file } = configuration.channels ?? {};
  const files = file && openFiles(file, term);
  void guard.run('timer', 'message files', () => files?.mend());
  const outlets = [
    ...(files === undefined ? [] : [new FileOutlet({ files, clock, ...(file?.only && { only: file.only }) })]),
  ];
  return {
    all: outlets.map((outlet) => new WatchedOutlet(outlet, { clock, log })),
    close: () => files?.close(),
  };
}
