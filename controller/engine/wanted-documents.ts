/** What has to be at hand before an event is decided upon. */
import { shadowDocuments } from './device-shadow.ts';
import type { EngineEvent } from './events.ts';
import type { Known } from './known.ts';
import type { DocumentKey } from './records.ts';

/** Documents that a decision upon an event looks at. */
export function wantedDocuments(known: Known, event: EngineEvent): readonly DocumentKey[] {
  switch (event.kind) {
    case 'request':
    case 'receipt':
    case 'shadow-request':
    case 'news':
      return [...shadowDocuments(known, event.device), { room: 'history', name: event.device }];
    case 'contact':
      return event.takenOverFrom === undefined ? [] : [{ room: 'history', name: event.device }];
    case 'logbook':
    case 'withdrawal':
    case 'answers':
      return [{ room: 'history', name: event.device }];
    case 'bundled':
      return event.deployments.map(({ device }) => ({ room: 'history', name: device }));
    case 'failed':
      return [{ room: 'history', name: event.owed.subject }];
    case 'unreadable':
      return [event.found.document];
    default:
      return [];
  }
}
