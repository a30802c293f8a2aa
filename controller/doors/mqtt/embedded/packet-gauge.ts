/**
 * Reads along with a stream of MQTT packets and tells when one is announced that is too long, before anybody gathers it in
 * memory. It knows only the fixed header: one byte of type, one to four bytes of remaining length.
 */

/** Watches one direction of one connection. */
export interface PacketGauge {
  /** False from the moment on at which the stream holds a packet that is too long or whose length makes no sense. */
  accepts(chunk: Uint8Array): boolean;
}

/** A gauge for packets of at most `packetBytesMax` bytes, header included. */
export function packetGauge(packetBytesMax: number): PacketGauge {
  let skip = 0; // bytes of the current packet still to come
  let headerBytes = 0; // 0: between packets; else bytes of the fixed header seen
  let remaining = 0;
  let broken = false;

  const header = (byte: number): void => {
    if (headerBytes > 0) {
      remaining += (byte & 0x7f) * 128 ** (headerBytes - 1);
      const last = byte < 0x80;
      if ((!last && headerBytes === 4) || headerBytes + 1 + remaining > packetBytesMax) broken = true;
      if (last) {
        skip = remaining;
        remaining = 0;
        headerBytes = 0;
        return;
      }
    }
    headerBytes += 1;
  };

  return {
    accepts(chunk) {
      let position = 0;
      while (position < chunk.length && !broken) {
        if (skip > 0) {
          const step = Math.min(skip, chunk.length - position);
          skip -= step;
          position += step;
        } else {
          header(chunk[position]!);
          position += 1;
        }
      }
      return !broken;
    },
  };
}
