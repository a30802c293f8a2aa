/** Who is told of what a person should know, as it is configured. */
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { openNetwork } from '../../platform/node/network.ts';
import type { Controller } from '../controller-parts.ts';
import { conditionsOf } from '../notices/condition.ts';
import { type ReceiverTerms, sendNotice } from '../notices/receiver.ts';
import { Teller } from '../notices/teller.ts';
import { keptTexts } from '../state/kept-texts.ts';
import type { Term } from '../state/leadership.ts';
import { assertLeading } from '../state/while-leading.ts';
import { type Ground, textOf } from './ground.ts';

/** Tells those that are configured, while this controller leads, until it is disposed. */
export function openNotices({ configuration, log }: Ground, term: Term, controller: Controller): Disposable {
  const { webhook, slack } = configuration.notices ?? {};
  const onTrouble = (error: unknown): void => log.write('warn', 'notice.not-remembered', { reason: String(error) });
  const kept = keptTexts(term.state, 'notices', onTrouble);
  const tellers = new DisposableStack();
  const tell = (terms: ReceiverTerms, ca: string | undefined): void => {
    const trusted = ca === undefined ? {} : { ca: textOf(ca) };
    const network = openNetwork(() => trusted);
    const teller = new Teller({
      ...{ clock, log, kept, name: terms.kind, conditions: () => conditionsOf(controller.readings()) },
      send: async (notice) => {
        assertLeading(term);
        await sendNotice({ network, clock, terms }, notice);
      },
    });
    tellers.use(teller);
  };
  if (webhook !== undefined) tell({ kind: 'webhook', url: webhook.url, secret: webhook.secret }, webhook.ca);
  if (slack !== undefined) tell({ kind: 'slack', url: slack.url }, slack.ca);
  return tellers;
}
