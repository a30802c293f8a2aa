import { printableDeep } from '../../platform/printable.ts';
import { type Command, cutWidth } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { fetchStatus } from '../fetch-status.ts';
import { rollingFleets, rolloutTable } from '../render/rollout-screen.ts';
import { styleFor } from '../render/style.ts';
import { jsonOption, wantsJson } from '../rollout-target.ts';
import { settingsOption } from '../settings.ts';

export const rolloutListCommand: Command = {
  name: 'rollout list',
  summary: 'where the rollout of each fleet stands',
  arguments: '',
  options: {
    output: jsonOption('a list, each a fleet with what is RolloutStatus'),
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { values }) {
    const isJson = wantsJson(values);
    const { fleets, fleetsOmitted, asOf } = await fetchStatus(context);
    const rolling = rollingFleets(fleets);
    const { stdout } = context;
    if (isJson)
      stdout.write(
        `${JSON.stringify(
          rolling.map(({ name, rollout }) => ({ fleet: name, ...rollout })),
          undefined,
          2,
        )}\n`,
      );
    else if (rolling.length === 0) stdout.write('no fleet has a rollout: changes go to all devices at once\n');
    else {
      const options = { style: styleFor(context.color), columns: cutWidth(stdout), bars: stdout.isTerminal, asOf };
      stdout.write(rolloutTable(printableDeep(rolling), options));
    }
    if (fleetsOmitted !== undefined && !isJson)
      stdout.write(`${fleetsOmitted} more fleets are not among these; fleet rollout show FLEET\n`);
    return exitCodes.ok;
  },
};
