/** Guests of one thread: what an instance costs, when it begins and while it sleeps. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WASI } from 'node:wasi';
import { nodeFlags } from '../../device-agent/node-flags.ts';
import type { CompiledModule } from '../../device-agent/runtime/host/compiled-modules.ts';
import { LeftMemories } from '../../device-agent/runtime/host/left-memories.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { hostileGuest } from '../../test/device-agent/runtime/hostile-guests.ts';
import { median } from '../median.ts';
import { compileC, hasClang } from '../runtime/c-compiler.ts';
import { compileRust, rustCompiler } from '../runtime/rust-compiler.ts';
import { compiledOf, examplePath } from './example-module.ts';
import { idleInstances } from './idle-instance.ts';
import type { Row } from './main.ts';
import type { Sleepers } from './sleepers.ts';

const instances = 500;

/** The engine's own part, with a memory that another instance has left: imports are functions that do nothing. */
function instantiation(compiled: CompiledModule): () => void {
  const memories = new LeftMemories();
  const shape = compiled.traits.importedMemory!;
  const instantiate = idleInstances(compiled);
  return () => {
    const memory = memories.take(shape);
    instantiate(memory);
    memories.leave(memory, shape);
  };
}

/** The same module as `node:wasi` takes it: not metered, with a memory of its own. */
function nodeInstantiation(): () => void {
  const module = new WebAssembly.Module(readFileSync(examplePath));
  return () => {
    const wasi = new WASI({ version: 'preview1', args: ['app'] });
    new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports);
  };
}

/** In µs. */
function timed(instantiate: () => void): number {
  const startedAt = nodeClock.monotonic();
  instantiate();
  return (nodeClock.monotonic() - startedAt) * 1000;
}

/** Medians of both, in turn, in µs. */
function instantiateUs(compiled: CompiledModule): readonly [ours: number, nodes: number] {
  const [ours, nodes] = [instantiation(compiled), nodeInstantiation()];
  const pairs = Array.from({ length: instances }, () => [timed(ours), timed(nodes)] as const);
  return [median(pairs.map(([one]) => one)), median(pairs.map(([, other]) => other))];
}

/** Many of them asleep in a process of their own, under the flags of a host. */
function sleepersOf(module: Uint8Array): Sleepers {
  const program = fileURLToPath(new URL('sleepers.ts', import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [...nodeFlags, program], { input: module, encoding: 'utf8' }));
}

/** How much of what a sleeping instance takes is whose, in words. */
function shares({ kib, pages: { constantsKib, writtenKib } }: Sleepers): string {
  const rest = (kib - constantsKib - writtenKib).toFixed(1);
  return `constants of its module ${constantsKib} KiB, pages it changed ${writtenKib}; zeroes it wrote, its stack, engine and host ${rest}`;
}

/** What a command takes that has printed a line and sleeps, as compilers that are here make it. */
function idleCommands(): readonly Row[] {
  const file = (name: string): string => fileURLToPath(new URL(`idle/${name}`, import.meta.url));
  const rust = rustCompiler();
  const modules = [
    ...(hasClang() ? [['C', compileC(file('idle.c'), 'command')] as const] : []),
    ...(rust === undefined ? [] : [['Rust', compileRust(file('idle.rs'), rust, 'bin')] as const]),
  ];
  return modules.map(([language, module]) => {
    const sleepers = sleepersOf(module);
    const name = `memory of a sleeping command (${language})`;
    return { name, value: sleepers.kib, unit: 'KiB', must: 32, why: shares(sleepers) };
  });
}

/** Figures of instances. */
export function measureInstances(): readonly Row[] {
  const example = compiledOf(readFileSync(examplePath));
  const alone = instantiation(example);
  const aloneUs = median(Array.from({ length: instances }, () => timed(alone)));
  const [engineUs, nodesUs] = instantiateUs(example);
  const small = sleepersOf(hostileGuest('ticker'));
  const beacon = sleepersOf(readFileSync(examplePath));
  return [
    { name: 'instantiate a compiled module of 17 KB in a memory that was left', value: engineUs, unit: 'µs', must: 40 },
    { name: 'the same with no other between two of them', value: aloneUs, unit: 'µs' },
    { name: 'the same by node:wasi, with a memory of its own', value: nodesUs, unit: 'µs' },
    { name: 'ours by node:wasi', value: engineUs / nodesUs, unit: '' },
    { name: 'order to first instruction, compiled', value: beacon.startMs, unit: 'ms', must: 5 },
    {
      name: 'memory of a sleeping instance that writes to a page of its own',
      ...{ value: small.kib, unit: 'KiB', must: 32, why: shares(small) },
    },
    ...idleCommands(),
    {
      name: 'the same of one in AssemblyScript, of 17 KB',
      ...{ value: beacon.kib, unit: 'KiB', why: shares(beacon) },
    },
  ];
}
