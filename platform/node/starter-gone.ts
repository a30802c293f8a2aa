/**
 * Calls back when the program that started this one with a message channel is gone, however it went; also when it went
 * before anybody asked, for then no event tells of it any more. Perhaps twice.
 */
export function onStarterGone(handler: () => void): void {
  process.once('disconnect', handler);
  if (process.send !== undefined && !process.connected) setImmediate(handler);
}
