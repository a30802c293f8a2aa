/** What a broker that holds the devices' connections itself can tell of them. */

/** A connection of a device opened or ended. Both are facts of this process: none of them outlives it. */
export interface DeviceContact {
  readonly device: string;
  readonly connected: boolean;
  /** Of the other end. */
  readonly address: string;
  /** When the certificate that it showed ends; of one that opened. */
  readonly certificateEndsAt?: number;
  /** The address of the connection that this one took the place of, which was still open: a roaming device, or two under one name. */
  readonly takenOverFrom?: string;
}

/** A broker's own connections. */
export interface DeviceConnections {
  /** Calls back at every change, from now on. One handler; a later one replaces it. */
  onConnection(handler: (contact: DeviceContact) => void): void;
  /** Judges every open connection again and closes those that are not let in any more. */
  reauthorize(): void;
}
