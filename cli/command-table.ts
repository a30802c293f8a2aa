/** All commands, each loaded only when it is asked for, and how a command line finds its own. */
import type { Command } from './command.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** In the order in which help lists them. */
export const commandTable: readonly Entry[] = [
  {
    name: 'demo',
    summary: 'a controller and five agents on this machine, on a fleet of two ships and a truck',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
  {
    name: 'controller run',
    summary: 'run the controller here until it is stopped',
    load: async () => (await import('./commands/controller-run.ts')).controllerRunCommand,
  },
  {
    name: 'controller new-authority',
    summary: 'put the certificate authority aside and make another: every device has to be enrolled again',
    load: async () => (await import('./commands/controller-new-authority.ts')).controllerNewAuthorityCommand,
  },
  {
    name: 'init',
    summary: 'make a new fleet repository that validates and can be committed at once',
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
  {
    name: 'device add',
    summary: 'write the manifest of a new device into the repository',
    load: async () => (await import('./commands/device-add.ts')).deviceAddCommand,
  },
  {
    name: 'secret seal',
    summary: 'seal a value to the keys of devices, and write it into the repository',
    load: async () => (await import('./commands/secret-seal.ts')).secretSealCommand,
  },
  {
    name: 'keys init',
    summary: 'make the keys and the first signed metadata of a repository',
    load: async () => (await import('./commands/keys-init.ts')).keysInitCommand,
  },
  {
    name: 'keys rotate',
    summary: 'put new keys in the place of those on this machine; devices follow, also those that sleep',
    load: async () => (await import('./commands/keys-rotate.ts')).keysRotateCommand,
  },
  {
    name: 'release add',
    summary: 'take a Wasm file, or one in a registry, into the repository as a signed release',
    load: async () => (await import('./commands/release-add.ts')).releaseAddCommand,
  },
  {
    name: 'release push',
    summary: 'put a release into a registry, as Wasm modules lie there',
    load: async () => (await import('./commands/release-push.ts')).releasePushCommand,
  },
  {
    name: 'release symbols',
    summary: 'put the names of functions into a trace on the standard input, for a release whose names do not travel',
    load: async () => (await import('./commands/release-symbols.ts')).releaseSymbolsCommand,
  },
  {
    name: 'release sign',
    summary: 'sign what you name, with the keys on this machine; without names, show what lacks signatures',
    load: async () => (await import('./commands/release-sign.ts')).releaseSignCommand,
  },
  {
    name: 'release merge',
    summary: 'settle a merge conflict in trust/: unite what both sides signed, and sign that',
    load: async () => (await import('./commands/release-merge.ts')).releaseMergeCommand,
  },
  {
    name: 'release remove',
    summary: 'take a release that no manifest names out of the repository, and sign that',
    load: async () => (await import('./commands/release-remove.ts')).releaseRemoveCommand,
  },
  {
    name: 'release list',
    summary: 'the releases that signed metadata names',
    load: async () => (await import('./commands/release-list.ts')).releaseListCommand,
  },
  {
    name: 'release verify',
    summary: 'check every signature, expiry and release file of the repository',
    load: async () => (await import('./commands/release-verify.ts')).releaseVerifyCommand,
  },
  {
    name: 'releases',
    summary: 'which releases have a component, by their SBOMs, and which devices run them',
    load: async () => (await import('./commands/releases.ts')).releasesCommand,
  },
  {
    name: 'delta create',
    summary: 'make the smallest patch that turns one file into another',
    load: async () => (await import('./commands/delta-create.ts')).deltaCreateCommand,
  },
  {
    name: 'delta apply',
    summary: 'make the new file from the old one and a patch',
    load: async () => (await import('./commands/delta-apply.ts')).deltaApplyCommand,
  },
  {
    name: 'delta inspect',
    summary: 'what a patch is made of and what that costs',
    load: async () => (await import('./commands/delta-inspect.ts')).deltaInspectCommand,
  },
  {
    name: 'run',
    summary: 'run a Wasm file here in the sandbox of a device',
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    name: 'validate',
    summary: 'every problem of the manifests and releases in a work tree, committed or not',
    load: async () => (await import('./commands/validate.ts')).validateCommand,
  },
  {
    name: 'plan',
    summary: 'what a commit would change on which devices, and its bytes',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    name: 'simulate',
    summary: 'how the rollouts of a commit will probably go: when waves end, who is left, what it costs',
    load: async () => (await import('./commands/simulate.ts')).simulateCommand,
  },
  {
    name: 'status',
    summary: 'what runs where, and how old that knowledge is',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  {
    name: 'why',
    summary: 'why a device, a rollout or a wave is where it is, in sentences',
    load: async () => (await import('./commands/why.ts')).whyCommand,
  },
  {
    name: 'logs',
    summary: 'what an application on a device printed, as soon as its links bring it',
    load: async () => (await import('./commands/device-requests.ts')).logsCommand,
  },
  {
    name: 'diagnose',
    summary:
      'what whoever helps has to see of a device, as soon as its links bring it: status, journal, disk, clock, links',
    load: async () => (await import('./commands/device-requests.ts')).diagnoseCommand,
  },
  {
    name: 'events',
    summary: 'what happened on devices and to rollouts, newest last; -f goes on',
    load: async () => (await import('./commands/events.ts')).eventsCommand,
  },
  {
    name: 'rollout list',
    summary: 'where the rollout of each fleet stands',
    load: async () => (await import('./commands/rollout-list.ts')).rolloutListCommand,
  },
  {
    name: 'rollout show',
    summary: 'the rollout of a fleet, wave by wave, and what happened to it',
    load: async () => (await import('./commands/rollout-show.ts')).rolloutShowCommand,
  },
  {
    name: 'rollout history',
    summary: 'the rollouts of a fleet that are over, newest first',
    load: async () => (await import('./commands/rollout-history.ts')).rolloutHistoryCommand,
  },
  {
    name: 'rollout pause',
    summary: 'offer the change to no more devices for now',
    load: async () => (await import('./commands/rollout-act.ts')).rolloutPauseCommand,
  },
  {
    name: 'rollout resume',
    summary: 'go on with a rollout that was paused',
    load: async () => (await import('./commands/rollout-act.ts')).rolloutResumeCommand,
  },
  {
    name: 'rollout approve',
    summary: 'say yes to the wave that waits for it, or to the one that is named',
    load: async () => (await import('./commands/rollout-act.ts')).rolloutApproveCommand,
  },
  {
    name: 'rollout abort',
    summary: 'halt it: no device is offered the change any more',
    load: async () => (await import('./commands/rollout-act.ts')).rolloutAbortCommand,
  },
  {
    name: 'rollout retry',
    summary: 'go on with a rollout that was halted, from the wave that failed',
    load: async () => (await import('./commands/rollout-act.ts')).rolloutRetryCommand,
  },
  {
    name: 'rollout allow-whole',
    summary: 'let devices that ask for it take modules whole, or the one that is named',
    load: async () => (await import('./commands/rollout-act.ts')).rolloutAllowWholeCommand,
  },
  {
    name: 'bundle create',
    summary: 'write what devices are offered, and all they lack for it, into a file to carry to them by hand',
    load: async () => (await import('./commands/bundle-create.ts')).bundleCreateCommand,
  },
  {
    name: 'bundle import',
    summary: 'have the controller take what devices said of themselves in receipts that were carried by hand',
    load: async () => (await import('./commands/bundle-import.ts')).bundleImportCommand,
  },
  {
    name: 'source accept',
    summary: 'let the controller take a commit that it holds back because its branch was rewritten',
    load: async () => (await import('./commands/source-accept.ts')).sourceAcceptCommand,
  },
  {
    name: 'token create',
    summary: 'make a token of the API for somebody, or a program, with what it may do',
    load: async () => (await import('./commands/token-create.ts')).tokenCreateCommand,
  },
  {
    name: 'token list',
    summary: 'the tokens of the API, and when each was used last',
    load: async () => (await import('./commands/token-list.ts')).tokenListCommand,
  },
  {
    name: 'token revoke',
    summary: 'have a token count no more, at once',
    load: async () => (await import('./commands/token-revoke.ts')).tokenRevokeCommand,
  },
  {
    name: 'audit',
    summary: 'what was done over the API, by whom and why, and who was refused',
    load: async () => (await import('./commands/audit.ts')).auditCommand,
  },
  {
    name: 'wait',
    summary: 'wait until devices have converged',
    load: async () => (await import('./commands/wait.ts')).waitCommand,
  },
  {
    name: 'agent run',
    summary: 'run the agent of a device from this checkout',
    load: async () => (await import('./commands/agent-run.ts')).agentRunCommand,
  },
  {
    name: 'agent enroll',
    summary: 'make a key on this device and get a certificate for it',
    load: async () => (await import('./commands/agent-enroll.ts')).agentEnrollCommand,
  },
  {
    name: 'agent status',
    summary: 'what the agent on this machine does, without a network',
    load: async () => (await import('./commands/agent-status.ts')).agentStatusCommand,
  },
  {
    name: 'agent logs',
    summary: 'what an application on this machine printed',
    load: async () => (await import('./commands/agent-status.ts')).agentLogsCommand,
  },
  {
    name: 'agent diagnose',
    summary: 'what whoever helps has to see of the agent on this machine, as JSON and without a network',
    load: async () => (await import('./commands/agent-status.ts')).agentDiagnoseCommand,
  },
  {
    name: 'agent consent',
    summary: 'says yes or no to the deployment that waits on this machine',
    load: async () => (await import('./commands/agent-consent.ts')).agentConsentCommand,
  },
  {
    name: 'agent apply',
    summary: 'have the agent on this machine take a bundle, without a network',
    load: async () => (await import('./commands/agent-apply.ts')).agentApplyCommand,
  },
  {
    name: 'agent receipts',
    summary: 'write what the agent on this machine says of itself, signed, into a file to carry ashore by hand',
    load: async () => (await import('./commands/agent-receipts.ts')).agentReceiptsCommand,
  },
  {
    name: 'agent carried',
    summary:
      'have the agent on this machine take the bundles of a directory, such as a stick, and leave a receipt there',
    load: async () => (await import('./commands/agent-carried.ts')).agentCarriedCommand,
  },
  {
    name: 'agent wake',
    summary: 'has the agent on this machine ask its controller for news now',
    load: async () => (await import('./commands/agent-wake.ts')).agentWakeCommand,
  },
  {
    name: 'agent bundle',
    summary: 'make the directory of files that a device carries',
    load: async () => (await import('./commands/agent-bundle.ts')).agentBundleCommand,
  },
];

/** The entry with the longest name that the words begin with, and the words behind it. */
export function findCommand(
  words: readonly string[],
): { readonly entry: Entry; readonly rest: readonly string[] } | undefined {
  const leading = words.findIndex((word) => word.startsWith('-'));
  const line = (leading === -1 ? words : words.slice(0, leading)).join(' ');
  const matching = commandTable.filter(({ name }) => line === name || line.startsWith(`${name} `));
  const entry = matching.sort((a, b) => b.name.length - a.name.length)[0];
  return entry && { entry, rest: words.slice(entry.name.split(' ').length) };
}
