/** What of an application's health its shape does not show: checks that it could never pass. */
import type { FileFinding, ValuePath } from './finding.ts';
import { hint } from './nearest-name.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

const health: ValuePath = ['spec', 'health'];

function checkEnd(value: unknown, report: Report): void {
  const path: ValuePath = [...health, 'ends'];
  if (valueAt(value, path) === undefined) return;
  const restart = valueAt(value, ['spec', 'restart']) ?? 'always';
  const isTriggered = valueAt(value, ['spec', 'trigger']) !== undefined;
  const faults: readonly [boolean, string][] = [
    [isTriggered, 'it has a trigger and is there for the next event; use failedEvents'],
    [
      !isTriggered && restart === 'always',
      'it is started again whenever it ends; add spec.restart: never or on-failure',
    ],
    [valueAt(value, [...health, 'up']) !== undefined, 'it can not end and go on without an end; remove ends or up'],
  ];
  for (const [isWrong, message] of faults) if (isWrong) report(path, 'key', 'NEVER_HEALTHY', message);
}

function checkEventLimit(value: unknown, report: Report): void {
  const path: ValuePath = [...health, 'failedEvents'];
  if (valueAt(value, path) === undefined || valueAt(value, ['spec', 'trigger']) !== undefined) return;
  report(path, 'key', 'NO_TRIGGER', 'without a trigger it has no events; use restarts, or add spec.trigger');
}

function checkFacts(value: unknown, report: Report): void {
  const path: ValuePath = [...health, 'facts'];
  const published = Object.keys(valueAt(value, ['spec', 'facts']) ?? {});
  for (const fact of Object.keys(valueAt(value, path) ?? {})) {
    if (published.includes(fact)) continue;
    const message = `it publishes no fact "${fact}"; ${hint(fact, published, 'fact under spec.facts')}`;
    report([...path, fact], 'key', 'UNKNOWN_FACT', message);
  }
}

function checkMessages(value: unknown, report: Report): void {
  const path: ValuePath = [...health, 'messages'];
  const written = Object.keys(valueAt(value, ['spec', 'channels', 'out']) ?? {});
  for (const channel of Object.keys(valueAt(value, path) ?? {})) {
    if (written.includes(channel)) continue;
    const message = `it writes no channel "${channel}"; ${hint(channel, written, 'channel under spec.channels.out')}`;
    report([...path, channel], 'key', 'UNKNOWN_CHANNEL', message);
  }
}

function checkHttp(value: unknown, report: Report): void {
  const path: ValuePath = [...health, 'http'];
  if (valueAt(value, path) === undefined) return;
  const route = valueAt(value, ['spec', 'trigger', 'http', 'route']);
  if (route === undefined) {
    return report(path, 'key', 'NO_ROUTE', 'it answers no requests; add spec.trigger.http, or use another check');
  }
  const asked = valueAt(value, [...path, 'path']);
  if (typeof route !== 'string' || typeof asked !== 'string' || route === '/') return;
  if (asked === route || asked.startsWith(`${route}/`)) return;
  const message = `it answers at ${route} and below, which ${asked} is not; write ${route} or a path below it`;
  report([...path, 'path'], 'value', 'NO_ROUTE', message);
}

function checkCall(value: unknown, report: Report): void {
  const path: ValuePath = [...health, 'call'];
  if (valueAt(value, path) === undefined) return;
  if (valueAt(value, ['spec', 'trigger']) !== undefined && valueAt(value, ['spec', 'events', 'instance']) === 'kept')
    return;
  const message =
    'only a kept instance can be called between two events; add spec.trigger and spec.events.instance: kept, or use facts, messages or http';
  report(path, 'key', 'NO_KEPT_INSTANCE', message);
}

/** Checks that each check of an application is one that it can pass. */
export function checkHealth(value: unknown, report: Report): void {
  checkEnd(value, report);
  checkEventLimit(value, report);
  checkFacts(value, report);
  checkMessages(value, report);
  checkHttp(value, report);
  checkCall(value, report);
}
