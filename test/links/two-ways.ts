/**
 * A machine with two ways out, and one on the other side of both. Runs as `ownNetwork` has it, where it is the other side, and starts itself
 * anew, with `ask`, as the machine. Prints over which interface each question came, as the other side saw it, and what the machine says leads out.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { openNetwork } from '../../platform/node/network.ts';
import { nodeSurroundings } from '../../platform/node/surroundings.ts';
import { OwnNetwork, run } from './namespaces.ts';

/** Where both ways lead. */
const target = '10.9.0.1';

const ways = { sat0: '10.1.0', wlan0: '10.2.0' } as const;

async function ask(port: string): Promise<void> {
  const network = openNetwork(() => ({}));
  const came = async (via?: string): Promise<string> => {
    const url = `http://${target}:${port}/`;
    const held = via === undefined ? {} : { via };
    const { body } = await network.request({ method: 'GET', url, headers: {}, ...held }, AbortSignal.timeout(5_000));
    return await text(body);
  };
  const seen = { usual: await came(), wlan0: await came('wlan0'), sat0: await came('sat0') };
  process.stdout.write(JSON.stringify({ ...seen, interfaces: nodeSurroundings.interfaces() }));
}

/** The usual one first. */
function connect(machine: OwnNetwork): void {
  run(`ip link set lo up; ip addr add ${target}/32 dev lo`);
  for (const [at, [name, net]] of Object.entries(ways).entries()) {
    run(`ip link add to-${name} type veth peer name ${name} netns ${machine.pid}`);
    run(`ip addr add ${net}.1/24 dev to-${name}; ip link set to-${name} up`);
    machine.run(`ip addr add ${net}.2/24 dev ${name}; ip link set ${name} up`);
    machine.run(`ip route add default via ${net}.1 dev ${name} metric ${100 + at}`);
  }
}

async function answer(): Promise<void> {
  const machine = await OwnNetwork.open();
  connect(machine);
  const server = createServer(({ socket }, response) => {
    const [way] = Object.entries(ways).find(([, net]) => socket.remoteAddress?.startsWith(net)) ?? [];
    response.end(way);
  }).listen(0, target);
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  const [program, ...words] = machine.entry;
  const args = [...words, process.execPath, fileURLToPath(import.meta.url), 'ask', String(port)];
  await once(spawn(program!, args, { stdio: 'inherit' }), 'exit');
  server.close();
  machine.close();
}

await (process.argv[2] === 'ask' ? ask(process.argv[3]!) : answer());
