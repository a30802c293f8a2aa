/** A program to be bundled: prints whether Node has loaded what compresses before it is called, and after. */
import { crc32 } from 'node:zlib';

const isLoaded = (): boolean =>
  (process as typeof process & { readonly moduleLoadList: readonly string[] }).moduleLoadList.includes(
    'NativeModule zlib',
  );
const before = isLoaded();
crc32('');
process.stdout.write(JSON.stringify([before, isLoaded()]));
