/** Enrolment: shows the controller that this device holds its key, and keeps the certificate it gets for it. */
import { type Network, NetworkError } from '../platform/ports.ts';
import type { DeviceIdentityStore } from './enrol-identity.ts';
import { certificateRequest } from './enrol-request.ts';
import { jsonAnswer } from './json-answer.ts';
import { type BrokerAddress, parseBrokerAddress } from './transport/broker-address.ts';

/** What came of one try. */
export type Enrolment =
  | { readonly kind: 'enrolled'; readonly broker?: BrokerAddress }
  /** Git does not name this key for this device, or not yet. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unreachable'; readonly message: string };

export interface EnrolmentOptions {
  readonly device: string;
  /** https:// URL of the controller. */
  readonly controller: string;
  readonly identity: Pick<DeviceIdentityStore, 'otherOwner' | 'claim' | 'key' | 'keyText' | 'keep'>;
  /** Trusts the fleet's authority; shows no certificate, because the one there is may have expired. */
  readonly network: Network;
}

/** Where the controller says that its broker is; undefined where it does not, as controllers did before. */
export function brokerIn(told: unknown, controller: string): BrokerAddress | undefined {
  const { host, port } = (told ?? {}) as { readonly host?: unknown; readonly port?: unknown };
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  const named = typeof host === 'string' ? host : new URL(controller).hostname;
  const address = parseBrokerAddress(named);
  return address?.port === undefined && address !== undefined ? { ...address, port: String(port) } : undefined;
}

/** That the key was made for another device, of which this one took the state over. */
function foreignKey({ device, identity }: EnrolmentOptions): Enrolment | undefined {
  const owner = identity.otherOwner(device);
  if (owner === undefined) return undefined;
  const message = `the key on this device is the one of ${owner}, not of ${device}; give ${device} a state directory of its own and enroll it`;
  return { kind: 'refused', code: 'KEY_OF_ANOTHER', message };
}

/** Asks once for a certificate, new or renewed. */
export async function enrol(options: EnrolmentOptions, signal: AbortSignal): Promise<Enrolment> {
  const { device, controller, identity, network } = options;
  const foreign = foreignKey(options);
  if (foreign !== undefined) return foreign;
  identity.claim(device);
  const body = JSON.stringify({ device, csr: certificateRequest(device, identity.key()) });
  try {
    const request = {
      method: 'POST',
      url: new URL('/enroll', controller).href,
      headers: { 'content-type': 'application/json' },
      body: new TextEncoder().encode(body),
    } as const;
    const response = await network.request(request, signal);
    const answer = await jsonAnswer(response);
    if (response.status === 200 && typeof answer.certificate === 'string') {
      const broker = brokerIn(answer.mqtt, controller);
      if (identity.keep(answer.certificate)) return { kind: 'enrolled', ...(broker && { broker }) };
      return {
        kind: 'unreachable',
        message: 'the controller answered with a certificate for another key, or of another authority',
      };
    }
    const { code, message } = answer;
    if (response.status === 403 && typeof code === 'string' && typeof message === 'string') {
      return { kind: 'refused', code, message: message.slice(0, 300) };
    }
    return { kind: 'unreachable', message: `the controller answered with status ${response.status}` };
  } catch (error) {
    if (error instanceof NetworkError) return { kind: 'unreachable', message: error.message };
    throw error;
  }
}
