/**
 * The groups in which a device agrees on keys over HTTPS, the likeliest first; over MQTT the native library's own list without the
 * post-quantum ones does the same. Those would make a handshake 2.4 kB longer, a third of it, at every connection of a dear link, and the
 * first packet longer than some links carry. What they would keep from somebody who records it now and breaks it in decades are states of
 * devices; what has to stay secret for so long is no more in it than in what is sealed to a device's key.
 */
export const keyExchange = 'X25519:P-256';
