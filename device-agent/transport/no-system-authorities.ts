/**
 * Keeps the native library from the system's list of certificate authorities. It would parse them all when it is loaded and
 * again at each connect, 1.5 MB of memory that stay, only to drop them for the fleet's own. Must be imported before it.
 * OpenSSL and its kin read the variable: https://docs.openssl.org/3.0/man7/openssl-env/
 */
process.env.SSL_CERT_FILE = '/dev/null';
