/** Every example is a fleet that validates, and its modules do under our host what their sources say. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { runCommand } from '../../cli/run-command.ts';
import { openRuntime } from '../device-agent/runtime/applications.ts';
import { eventually } from '../end-to-end/processes.ts';
import { contextOf } from '../end-to-end/world.ts';

const examples = fileURLToPath(new URL('../../fleet-examples/', import.meta.url));
const generousMs = 30_000;

for (const example of ['engine-room', 'harbor', 'starter']) {
  test(`the example ${example} validates with all its releases`, async (t) => {
    const parent = mkdtempSync(join(tmpdir(), 'fleet-example-'));
    t.teardown(() => rmSync(parent, { recursive: true, force: true }));
    const directory = join(parent, example);
    let text = '';
    const silent = contextOf(parent, new AbortController().signal);
    const output = { ...silent.stdout, write: (more: string) => (text += more) };
    const context = { ...silent, stdout: output, stderr: output };
    t.is(await runCommand(context, ['init', directory, '--example', example]), 0, text);
    t.is(await runCommand({ ...context, directory }, ['validate']), 0, text);
  });
}

test('what lies beside the examples is none', async (t) => {
  let text = '';
  const silent = contextOf(tmpdir(), new AbortController().signal);
  const stderr = { ...silent.stderr, write: (more: string) => (text += more) };
  t.is(await runCommand({ ...silent, stderr }, ['init', join(tmpdir(), 'never-made'), '--example', 'ci']), 2);
  t.regex(text, /there is no example ci; there are engine-room, harbor, starter/);
});

interface Run {
  readonly module: string;
  readonly config?: Readonly<Record<string, string | number>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What its first lines are. */
  readonly lines: readonly RegExp[];
}

const runs: readonly Run[] = [
  {
    module: 'harbor/apps/position-beacon/position-beacon-1.0.0.wasm',
    config: { vessel: 'Aurora', intervalSeconds: 0.05, knots: 14 },
    lines: [/ out position-beacon 1\.0\.0 for Aurora$/, / out Aurora: \d+°[\d.]+' [NS] \d+°[\d.]+' [EW]$/],
  },
  {
    module: 'harbor/apps/position-beacon/position-beacon-1.1.0.wasm',
    config: { vessel: 'Aurora', intervalSeconds: 0.05, knots: 15 },
    lines: [/ out position-beacon 1\.1\.0 for Aurora$/, / out Aurora: .*' [EW], 15(\.0)? kn$/],
  },
  {
    module: 'harbor/apps/tide-logger/tide-logger-1.0.0.wasm',
    config: { station: 'pier-1', amplitudeMetres: 1.4, intervalSeconds: 0.05 },
    lines: [/ out tide-logger 1\.0\.0 at pier-1$/, / out pier-1: [+-]\d\.\d\d m$/],
  },
  {
    module: 'harbor/apps/tide-logger/tide-logger-1.1.0.wasm',
    config: { station: 'pier-1', amplitudeMetres: 1.4, intervalSeconds: 0.05 },
    lines: [/ out tide-logger 1\.1\.0 at pier-1$/, / out pier-1: [+-]\d\.\d\d m, (rising|falling)$/],
  },
  {
    module: 'starter/apps/hello/hello-1.0.0.wasm',
    env: { PLACE: 'the workshop' },
    lines: [/ out hello from the workshop$/],
  },
];

for (const { module, config = {}, env = {}, lines } of runs) {
  test(`${module} prints what it should under our host`, async (t) => {
    const { runtime, application, logOf } = openRuntime(t);
    await runtime.apply([application('example', readFileSync(join(examples, module)), { config, env })]);
    const printed = await eventually(`${lines.length} lines`, generousMs, () => {
      const told = runtime.states()[0]?.state === 'running' ? logOf('example').split('\n').slice(0, -1) : [];
      return told.length >= lines.length ? told : undefined;
    });
    for (const [index, line] of lines.entries()) t.regex(printed[index]!, line);
  });
}
