/** Where what devices' applications say comes out, as it is configured. */
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { nodeDisk as disk } from '../../platform/node/disk.ts';
import { openNetwork } from '../../platform/node/network.ts';
import type { MessageBus } from '../../platform/ports.ts';
import type { FileOutletConfiguration, WebhookOutletConfiguration } from '../../schemas/generated/types.ts';
import type { ControllerParts } from '../controller-parts.ts';
import { messageTopic } from '../doors/mqtt/message-topics.ts';
import { FileOutlet } from '../messages/file-outlet.ts';
import { MessageFiles } from '../messages/message-files.ts';
import type { ChannelPattern, Outlet } from '../messages/outlet.ts';
import { TopicOutlet } from '../messages/topic-outlet.ts';
import { WatchedOutlet } from '../messages/watched-outlet.ts';
import { WebhookOutlet } from '../messages/webhook-outlet.ts';
import type { Term } from '../state/leadership.ts';
import { diskWhileLeading } from '../state/while-leading.ts';
import { type Ground, textOf } from './ground.ts';

function patternsOf(only: readonly ChannelPattern[] | undefined) {
  return only === undefined ? {} : { only };
}

function openFiles({ directory, fileBytes, fileMinutes, bytesMax, whenFull }: FileOutletConfiguration, term: Term) {
  const terms = {
    ...{ directory, fileBytes: fileBytes!, fileMs: fileMinutes! * 60_000 },
    ...{ bytesMax: bytesMax!, whenFull: whenFull! },
  };
  return new MessageFiles(terms, diskWhileLeading(disk, term), clock);
}

function openWebhook({ url, secret, ca, only }: WebhookOutletConfiguration): WebhookOutlet {
  const trusted = ca === undefined ? {} : { ca: textOf(ca) };
  return new WebhookOutlet({ network: openNetwork(() => trusted), clock, url, secret, ...patternsOf(only) });
}

/** All outlets, each left alone for a while after it failed. `publish` is for who leads. */
export function openOutlets({ configuration, log, guard }: Ground, term: Term, publish: ControllerParts['publish']) {
  const { files: file, mqtt, webhook } = configuration.channels ?? {};
  const files = file && openFiles(file, term);
  void guard.run('timer', 'message files', () => files?.mend());
  const bus: Pick<MessageBus, 'publish'> = { publish: (topic, payload) => publish({ topic, payload }) };
  const outlets: Outlet[] = [
    ...(files === undefined ? [] : [new FileOutlet({ files, clock, ...patternsOf(file?.only) })]),
    ...(mqtt === undefined ? [] : [new TopicOutlet({ bus, topicOf: messageTopic, ...patternsOf(mqtt.only) })]),
    ...(webhook === undefined ? [] : [openWebhook(webhook)]),
  ];
  return {
    all: outlets.map((outlet) => new WatchedOutlet(outlet, { clock, log })),
    close: () => files?.close(),
  };
}
