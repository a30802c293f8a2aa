/**
 * The least that can be connected: the shadow client of the SDK and nothing of the agent. Arguments: device, port, directory of
 * the state, authority.
 */
import { readFileSync, writeSync } from 'node:fs';
import { ClientBootstrap, ClientTlsContext, SocketOptions, TlsContextOptions } from 'aws-crt/dist/native/io.js';
import { MqttClient } from 'aws-crt/dist/native/mqtt.js';
import { IotShadowClientv2 } from 'aws-iot-device-sdk-v2/dist/iotshadow/iotshadowclientv2.js';

const [device = '', port = '', stateDirectory = '', ca = ''] = process.argv.slice(2);
const read = (path: string): string => readFileSync(path, 'utf8');
const tls = TlsContextOptions.create_client_with_mtls(
  read(`${stateDirectory}/identity/certificate.pem`),
  read(`${stateDirectory}/identity/key.pem`),
);
tls.override_default_trust_store(read(ca));
const connection = new MqttClient(new ClientBootstrap()).new_connection({
  ...{ client_id: device, host_name: '127.0.0.1', port: Number(port), clean_session: true, keep_alive: 1200 },
  ...{ socket_options: new SocketOptions(), tls_ctx: new ClientTlsContext(tls) },
});
await connection.connect();
const shadow = IotShadowClientv2.newFromMqtt311(connection, {
  maxRequestResponseSubscriptions: 4,
  maxStreamingSubscriptions: 2,
  operationTimeoutInSeconds: 60,
});
await shadow.getNamedShadow({ thingName: device, shadowName: 'fleet' }).catch(() => {});
writeSync(2, 'link.connected\n');
setInterval(() => {}, 2 ** 30);
