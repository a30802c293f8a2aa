/** Where agents find the broker, as the answer to an enrolment tells them. */
import { bareHost, mqttsPort } from '../../../platform/host-and-port.ts';

/** Without a host it is the one that the agent knows the controller by. */
export interface BrokerForAgents {
  readonly host?: string;
  readonly port: number;
}

/** Hosts that mean something else, or nothing, on another machine. */
const ownHost = /^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|::1?)$/;

/** From the URL of the broker; our own is where the controller is, whatever address it listens at. */
export function brokerForAgents(url: string, isOurOwn: boolean): BrokerForAgents {
  const { hostname, port } = new URL(url);
  const host = bareHost(hostname);
  const where = { port: Number(port || mqttsPort) };
  return isOurOwn || ownHost.test(host) ? where : { host, ...where };
}
