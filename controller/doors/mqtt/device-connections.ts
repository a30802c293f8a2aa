/** What a broker that holds the devices' connections itself can tell of them. */
export interface DeviceConnections {
  /** Calls back at every change, from now on. One handler; a later one replaces it. */
  onConnection(handler: (device: string, connected: boolean) => void): void;
  /** Judges every open connection again and closes those that are not let in any more. */
  reauthorize(): void;
}
