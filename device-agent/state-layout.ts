/** Where the agent's processes keep what, below the state directory. */
export function stateLayout(stateDirectory: string) {
  const runtimeDirectory = `${stateDirectory}/runtime`;
  return {
    runtimeDirectory,
    logDirectory: `${runtimeDirectory}/logs`,
    preparedDirectory: `${stateDirectory}/prepared`,
    outboxDirectory: `${runtimeDirectory}/outbox`,
    logbookDirectory: `${stateDirectory}/logbook`,
    partialDirectory: `${stateDirectory}/partial`,
    storeDirectory: `${stateDirectory}/sha256`,
    trustDirectory: `${stateDirectory}/trust`,
    socketPath: `${stateDirectory}/agent.sock`,
    factsDirectory: `${stateDirectory}/facts.d`,
  };
}

/** Where state is kept when the configuration does not say. */
export const defaultStateDirectory = '/var/lib/fleet/agent';
