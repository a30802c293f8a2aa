/** `npm run bench -- NAME [ARGS]`: each folder here is one benchmark, with a `run` in its main.ts. */
import { readdirSync } from 'node:fs';

interface Benchmark {
  /** Throws a TypeError where the arguments do not parse. */
  run(args: readonly string[]): Promise<void>;
}

const [name, ...args] = process.argv.slice(2);
const names = readdirSync(import.meta.dirname, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- NAME [ARGS]; NAME is one of ${names.join(', ')}\n`);
  process.exitCode = 2;
} else {
  const benchmark: Benchmark = await import(`./${name}/main.ts`);
  try {
    await benchmark.run(args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`bench ${name}: ${error.message}\n`);
    process.exitCode = 2;
  }
}
