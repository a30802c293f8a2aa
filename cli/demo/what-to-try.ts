/** What a user of the demo may try, as commands to copy: they fit a terminal of 80 columns, for nothing cut can be copied. */
import { badRelease, changedApplication, type DemoDevice, nextRelease } from './demo-fleet.ts';

export interface WhatToTry {
  /** Absolute path of the demo's fleet repository. */
  readonly repository: string;
  readonly projectDirectory: string;
  /** The device whose agent and link are tried. */
  readonly device: Pick<DemoDevice, 'name' | 'site'>;
  /** Of its agent; undefined while it is not known. */
  readonly pid: number | undefined;
  readonly columns: number;
  /** Of the controller, which serves the page; undefined while it is not known. */
  readonly url: string | undefined;
}

const commandsWidthMin = 30;

/** A word for a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The commands with what they show beside them, where there is room for it. */
function beside(rows: readonly (readonly [string, string])[], columns: number): string[] {
  return rows.map(([command, comment]) => {
    const line = `  ${command.padEnd(commandsWidthMin)}  # ${comment}`;
    return line.length <= columns ? line : `  ${command}`;
  });
}

export function whatToTry({ repository, projectDirectory, device, pid, columns, url }: WhatToTry): string {
  const { version, file } = nextRelease;
  const bad = badRelease;
  const manifest = `applications/${changedApplication}.yaml`;
  const enter = [`cd ${quoted(repository)}`, `PATH=${quoted(projectDirectory)}:$PATH`];
  const together = `  ${enter.join('; ')}`;
  const rows = [
    ['sed -i s/11/21/ sites/borealis.yaml; git commit -am faster', 'watch Borealis'],
    [`fleet release add ../${file} --name ${changedApplication} --version ${version}`, 'sign a new release'],
    [`sed -i s/1.0.0/${version}/ ${manifest}; fleet plan`, 'what would travel'],
    ['git add .; git commit -m "A better beacon"', 'Aurora first, then Borealis'],
    ['fleet rollout show ships --watch', 'wave by wave'],
    [`fleet release add ../${bad.file} --name ${changedApplication} --version ${bad.version}`, 'one that does badly'],
    [`sed -i s/${version}/${bad.version}/ ${manifest}`, 'nobody tried it'],
    ['git add .; git commit -m "A worse one"', 'Aurora and the truck roll it back, and it halts'],
    ['fleet why rollout/ships', 'who failed, and what helps'],
    ['git revert --no-edit HEAD', 'what ran before, at once'],
    [`fleet why device/${device.name}`, 'in sentences'],
    [`kill -9 ${pid ?? '…'}`, 'its agent: back after 3 s, and runs at once'],
    [`echo down > ../links/${device.site}`, 'dark after a minute; echo up > … ends it'],
  ] as const;
  const page =
    url === undefined
      ? ''
      : `
The page: ${url}/ (with a certificate of the demo's own)
Its token: cat ${quoted(repository)}/../controller/api-token
`;
  return `${page}
Try next, in another terminal (Ctrl-C here ends everything):
${(together.length <= columns ? [together] : enter.map((command) => `  ${command}`)).join('\n')}
${beside(rows, columns).join('\n')}
`;
}
