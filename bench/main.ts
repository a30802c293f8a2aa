/** `npm run bench -- NAME [ARGS]`: each folder here is one benchmark, with a `run` in its main.ts. */
import { readdirSync } from 'node:fs';

interface Benchmark {
  run(options: { readonly json: boolean; readonly words: readonly string[] }): Promise<void>;
}

const [name, ...rest] = process.argv.slice(2);
const names = readdirSync(import.meta.dirname, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- NAME [--json]; NAME is one of ${names.join(', ')}\n`);
  process.exitCode = 2;
} else {
  const benchmark: Benchmark = await import(`./${name}/main.ts`);
  await benchmark.run({ json: rest.includes('--json'), words: rest.filter((word) => !word.startsWith('-')) });
}
