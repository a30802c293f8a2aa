/** Notices as their receivers want them. */
import { printable } from '../../platform/printable.ts';
import type { Cause } from './condition.ts';
import type { Notice } from './decide-notices.ts';

const titles: Readonly<Record<Cause, string>> = {
  'rollout-halted': 'A rollout halted',
  'rollout-waits': 'A rollout waits for a yes',
  'devices-failed': 'Devices failed',
  'revision-refused': 'A commit was refused',
  'source-unreachable': 'The repository can not be read',
  'trust-ends': 'Trust ends soon',
};

const textCharactersMax = 500;

function shortened(text: string): string {
  const plain = printable(text);
  return plain.length > textCharactersMax ? `${plain.slice(0, textCharactersMax - 1)}…` : plain;
}

/** As a JSON document of ours. */
export function jsonBody({ cause, about, more }: Notice, id: string, nowMs: number): string {
  const timestamp = new Date(nowMs).toISOString();
  const shown = about.map(({ subject, message }) => ({ subject, message: shortened(message) }));
  return JSON.stringify({ type: `fleet.${cause}`, timestamp, id, data: { title: titles[cause], about: shown, more } });
}

/** What Slack takes for a link, a mention or a command is text here. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** As Slack's incoming webhooks take it, and those that are shaped like them. */
export function slackBody({ cause, about, more }: Notice): string {
  const lines = about.map(({ subject, message }) => `• ${escaped(shortened(subject))}: ${escaped(shortened(message))}`);
  const rest = more === 0 ? [] : [`… and ${more} more`];
  return JSON.stringify({ text: [`*${titles[cause]}*`, ...lines, ...rest].join('\n') });
}
