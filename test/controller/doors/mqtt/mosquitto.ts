/** The real Mosquitto, with the configuration that the controller hands out, where it is installed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { MosquittoSite } from '../../../../controller/doors/mqtt/external/mosquitto-site.ts';
import { nodeDisk } from '../../../../platform/node/disk.ts';
import { hangUp } from '../../../../platform/node/hang-up.ts';
import { quietLog, type Scene } from '../scene.ts';

/** The program; `undefined` where it is not installed. */
export const mosquitto = ['mosquitto', '/usr/sbin/mosquitto'].find(
  (program) => spawnSync(program, ['-h']).error === undefined,
);

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** A Mosquitto that runs. */
export interface RunningMosquitto {
  readonly site: MosquittoSite;
  stop(): Promise<void>;
}

/** Starts it with the files that a controller writes, for the devices of the scene; it takes connections when this resolves. */
export async function startMosquitto(scene: Scene, port: number): Promise<RunningMosquitto> {
  // The controller's own certificate serves the broker beside it as well: key and certificate lie in one file.
  await scene.authority.serverIdentity(['localhost', '127.0.0.1']);
  const directory = `${scene.directory.path}/mosquitto`;
  const site = new MosquittoSite({
    ...{ disk: nodeDisk, log: quietLog, directory, authorityDirectory: scene.directory.path },
    url: `mqtts://127.0.0.1:${port}`,
    user: userInfo().username,
    reload: (pidFile) => hangUp('mosquitto', pidFile),
  });
  site.admit(scene.devices());
  const child = spawn(mosquitto ?? 'mosquitto', ['-c', `${directory}/mosquitto.conf`], { stdio: 'ignore' });
  for (let attempt = 0; attempt < 100 && !(await answers(port)); attempt += 1) await sleep(50);
  return {
    site,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
