/** The options of `fleet run --app`: without them nothing is loaded that reads a manifest. */
import type { OptionSpec } from './command.ts';

/** The options that go with `--app`. */
export const applicationOptions = {
  app: {
    type: 'string',
    value: 'FILE.yaml',
    description: 'Run an application as its manifest says; without FILE.wasm, the release that it names.',
  },
  event: {
    type: 'string',
    multiple: true,
    value: 'CHANNEL=FILE',
    description:
      'Lines of a file as messages of a channel that it reads, or as times of its `schedule`; - is the input.',
  },
  out: {
    type: 'string',
    multiple: true,
    value: 'CHANNEL=FILE',
    description: 'Where messages go that it writes; without it they are printed.',
  },
  secret: { type: 'string', multiple: true, value: 'NAME=FILE', description: 'The value of a secret.' },
  machine: {
    type: 'string',
    multiple: true,
    value: 'NAME=PATH[:rw]',
    description: 'A serial line, pipe or file of this machine.',
  },
  label: {
    type: 'string',
    multiple: true,
    value: 'KEY=VALUE',
    description: 'A label of the device it believes to be on.',
  },
  state: { type: 'string', value: 'DIR', description: 'Where /data, /kv and its log are kept.' },
  port: { type: 'string', value: 'PORT', description: 'Where it answers requests; without it any port.' },
} as const satisfies Readonly<Record<string, OptionSpec>>;
