/** Holds processes by nice and, where the machine has given us a group of our own, by cgroup v2. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { Confinement, Hold } from '../ports.ts';

const mount = '/sys/fs/cgroup';
/** Where the supervisor itself goes: a group with controllers for its children holds no process. */
const ownLeaf = 'supervisor';
const controllers = ['memory', 'cpu'] as const;

interface Group {
  readonly directory: string;
  readonly controllers: ReadonlySet<string>;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The group that was delegated to us, made ready to hold children. */
function openGroup(): Group {
  const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  if (path === undefined) throw new Error('this machine has no cgroup v2');
  const directory = `${mount}${path.replace(new RegExp(`/${ownLeaf}$`), '')}`;
  const there = new Set(readFileSync(`${directory}/cgroup.controllers`, 'utf8').trim().split(' '));
  const usable = controllers.filter((name) => there.has(name));
  if (usable.length === 0) throw new Error(`${directory} has neither the memory nor the cpu controller`);
  mkdirSync(`${directory}/${ownLeaf}`, { recursive: true });
  writeFileSync(`${directory}/${ownLeaf}/cgroup.procs`, String(process.pid));
  writeFileSync(`${directory}/cgroup.subtree_control`, usable.map((name) => `+${name}`).join(' '));
  return { directory, controllers: new Set(usable) };
}

function joinGroup({ directory, controllers: usable }: Group, pid: number, hold: Hold): string[] {
  const own = `${directory}/${hold.group}`;
  const missing: string[] = [];
  mkdirSync(own, { recursive: true });
  if (usable.has('cpu')) writeFileSync(`${own}/cpu.weight`, String(hold.cpuWeight));
  else missing.push('no share of the processor: the cpu controller is not delegated');
  if (usable.has('memory')) writeFileSync(`${own}/memory.max`, String(hold.memoryBytesMax ?? 'max'));
  else if (hold.memoryBytesMax !== undefined) missing.push('no memory limit: the memory controller is not delegated');
  writeFileSync(`${own}/cgroup.procs`, String(pid));
  return missing;
}

/** Confinement by what this machine and our rights allow; looked at when the first process is to be held. */
export function openConfinement(): Confinement {
  let group: Group | { readonly missing: string } | undefined;
  const find = (): Group | { readonly missing: string } => {
    try {
      return openGroup();
    } catch (error) {
      return { missing: `no cgroup: ${reasonOf(error)}` };
    }
  };
  return {
    hold: (pid, hold) => {
      const missing: string[] = [];
      try {
        setPriority(pid, hold.niceness);
      } catch (error) {
        missing.push(`no priority of ${hold.niceness}: ${reasonOf(error)}`);
      }
      group ??= find();
      try {
        if ('missing' in group) missing.push(group.missing);
        else missing.push(...joinGroup(group, pid, hold));
      } catch (error) {
        missing.push(`no cgroup: ${reasonOf(error)}`);
      }
      return missing;
    },
  };
}
