/** A real device that asks by plan over HTTPS and opens no session with the broker. */
import { appendFileSync, readFileSync } from 'node:fs';
import test from 'ava';
import { stateOf } from '../../cli/demo/demo-fleet.ts';
import { eventually } from './processes.ts';
import { makeWorld, startWorld } from './world.ts';

const device = 'truck-7-cab';
const generousMs = 60_000;

test.serial(
  'a device that asks by plan is there by its own rhythm, and takes an update when it is woken',
  async (t) => {
    t.timeout(4 * generousMs);
    const made = await makeWorld(t, [device]);
    await startWorld(made);
    const [truck] = made.fleet.devices;
    await made.world.service(device)!.stop();
    appendFileSync(`${truck!.directory}/fleet.config.yaml`, '  contact:\n    mode: poll\n    intervalSeconds: 7200\n');
    const logBefore = readFileSync(made.world.logOf(device), 'utf8').length;
    made.world.service(device)!.start();
    const asks = { everySeconds: 7200, why: 'plan' };
    const polling = await made.world.until(({ devices: [shown] }) => {
      return shown?.report?.asks === undefined || shown.connected === true ? shown?.reason.message : undefined;
    }, generousMs);
    t.like(polling.devices[0], { state: 'running', report: { asks }, expectedContact: { kind: 'expected' } });
    t.regex(
      (await made.fleetCommand('why', device)).text,
      /It asks every 2 h over HTTPS, by plan, the next time by about/,
    );
    // Its logbook says so, which goes out behind the question.
    await eventually('the restart', generousMs, async () => {
      return (
        /AGENT_RESTARTED|started again/.test((await made.fleetCommand('events', `device/${device}`)).text) || undefined
      );
    });
    const status = () => made.fleetCommand('agent', 'status', '--state', stateOf(truck!));
    t.regex((await status()).text, /active, asks every 2 h over HTTPS, by plan, answered \d+ s ago/);
    made.edit('fleets/trucks.yaml', 'probationSeconds: 3', 'probationSeconds: 1');
    const second = await made.world.commit('A shorter probation');
    await made.world.until(({ devices: [shown] }) => {
      return shown?.reason.code === 'WAITS_FOR_CONTACT' ? undefined : shown?.reason.message;
    }, generousMs);
    // Not more often than once in ten seconds.
    await made.world.context.clock.sleep(10_000);
    t.regex((await made.fleetCommand('agent', 'wake', '--state', stateOf(truck!))).text, /^It ask/);
    const { devices } = await made.world.converge(second, generousMs);
    t.like(devices[0], { connected: false, report: { running: { sequence: 2 }, phase: 'active', asks } });
    const log = readFileSync(made.world.logOf(device), 'utf8').slice(logBefore);
    t.notRegex(log, /link\.connected/);
  },
);
