/** What is wrong on shore, as lines of a screen: the broker, the state, where messages come out. */
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { age } from './quantities.ts';
import { stateStyles } from './state-styles.ts';
import { type Style, wrap } from './style.ts';

/** How to draw. */
export interface ScreenOptions {
  readonly columns: number;
  readonly style: Style;
  /** More columns, and every device. */
  readonly wide: boolean;
  /** Devices that are not well above the others, for a window that may not have room for all. */
  readonly worstFirst?: boolean;
}

/** Outlets in words. */
const outletNames: Readonly<Record<string, string>> = {
  files: 'the message files',
  topics: 'the message topics',
  webhook: 'the webhook for messages',
};

/** Only when nobody can be told or heard. */
function brokerLine({ broker, asOf }: StatusDocument, { style, columns }: ScreenOptions): string {
  if (broker === undefined || broker.state === 'reached') return '';
  const { state, address, message, since } = broker;
  const why = message === undefined ? '' : `: ${message}`;
  const line = `${style(stateStyles[state], state)}  the MQTT broker at ${address}${why} (for ${age(since, asOf)}); no device is told or heard`;
  return `${wrap(line, columns)}\n`;
}

/** Only when what happens can't be written down, or something that was could not be read. */
function storageLine({ storage, asOf }: StatusDocument, { style, columns }: ScreenOptions): string {
  if (storage === undefined) return '';
  const { code, message, since } = storage;
  return `${wrap(`${style('yellow', 'state')}  ${message} ${style('dim', code)} (for ${age(since, asOf)})`, columns)}\n`;
}

/** Only what does not take messages of applications. */
function outletLines({ outlets = [], asOf }: StatusDocument, { style, columns }: ScreenOptions): string {
  return outlets
    .filter(({ state }) => state === 'failing')
    .map(({ name, message = '', code = '', since }) => {
      const line = `${style('yellow', 'failing')}  ${outletNames[name] ?? name}: ${message} ${style('dim', code)} (for ${age(since, asOf)}); messages wait on their devices`;
      return `${wrap(line, columns)}\n`;
    })
    .join('');
}

/** All of them; nothing while all is well. */
export function shoreTrouble(status: StatusDocument, options: ScreenOptions): string {
  return brokerLine(status, options) + storageLine(status, options) + outletLines(status, options);
}
