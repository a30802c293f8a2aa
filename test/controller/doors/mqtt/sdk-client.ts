/** The AWS IoT device SDK as agents use it: MQTT 3.1.1 over mutual TLS, and the shadow client on top. */
import { createRequire } from 'node:module';
import type { iot, iotshadow, mqtt } from 'aws-iot-device-sdk-v2';
import type { TestDevice } from '../scene.ts';

// The SDK is CommonJS and finds its native library relative to itself.
const sdk = createRequire(import.meta.url)('aws-iot-device-sdk-v2') as {
  readonly iot: typeof iot;
  readonly iotshadow: typeof iotshadow;
  readonly mqtt: typeof mqtt;
};

export interface SdkClient extends AsyncDisposable {
  readonly connection: mqtt.MqttClientConnection;
  readonly shadow: iotshadow.IotShadowClientv2;
  /** Deltas as they arrive. */
  readonly deltas: AsyncIterableIterator<iotshadow.model.ShadowDeltaUpdatedEvent>;
}

/** Connects one device; `deltas` is subscribed when this resolves. */
export async function connectSdk(device: TestDevice, authority: string, port: number): Promise<SdkClient> {
  const config = sdk.iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(device.certificate, device.key)
    .with_certificate_authority(authority)
    .with_endpoint('localhost')
    .with_port(port)
    .with_client_id(device.name)
    .with_clean_session(true)
    .build();
  const connection = new sdk.mqtt.MqttClient().new_connection(config);
  await connection.connect();
  const shadow = sdk.iotshadow.IotShadowClientv2.newFromMqtt311(connection, {
    maxRequestResponseSubscriptions: 6,
    maxStreamingSubscriptions: 2,
    // It is a busy machine's to say how soon: no test is about this.
    operationTimeoutInSeconds: 60,
  });
  const stream = shadow.createNamedShadowDeltaUpdatedStream({ thingName: device.name, shadowName: 'fleet' });
  const established = new Promise<void>((resolve) => stream.once('subscriptionStatus', () => resolve()));
  const waiting: ((event: iotshadow.model.ShadowDeltaUpdatedEvent) => void)[] = [];
  const arrived: iotshadow.model.ShadowDeltaUpdatedEvent[] = [];
  stream.on('incomingPublish', (event) => {
    const next = waiting.shift();
    if (next === undefined) arrived.push(event.message);
    else next(event.message);
  });
  stream.open();
  await established;
  const deltas: SdkClient['deltas'] = {
    [Symbol.asyncIterator]: () => deltas,
    next: async () => {
      const value =
        arrived.shift() ??
        (await new Promise<iotshadow.model.ShadowDeltaUpdatedEvent>((resolve) => waiting.push(resolve)));
      return { done: false, value };
    },
  };
  return {
    connection,
    shadow,
    deltas,
    async [Symbol.asyncDispose]() {
      stream.close();
      shadow.close();
      await connection.disconnect();
    },
  };
}
