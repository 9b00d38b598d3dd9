/** A value of a cache or a session in Redis: which of the ways to write it was taken is seen by how it begins. */
import { gunzipSync, inflateSync } from 'node:zlib';
import { readPythonJson } from './json-reader.ts';
import { readMsgpack } from './msgpack.ts';
import { readPickle } from './pickle.ts';
import { NotReadable, type PyDict, type PyValue } from './value.ts';

/** Far more than a session may have. Units: bytes. */
const LONGEST = 64 * 1024 * 1024;

/** Gives the dict that a session is. Errors: NotReadable, for anything else. */
export function readStored(bytes: Buffer): PyDict {
  const value = read(bytes);
  if (!(value instanceof Map)) throw new NotReadable('it is no dict');
  return value;
}

function read(bytes: Buffer): PyValue {
  const [first = 0, second = 0] = bytes;
  if (first === 0x7b) return readPythonJson(bytes.toString());
  // An empty msgpack is one byte, and a pickle says its protocol in the second.
  if (first === 0x80 && second >= 2 && second <= 5) return readPickle(bytes);
  if ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf) return readMsgpack(bytes);
  // Protocols 0 and 1 of pickle do not say so; they begin with a dict.
  if (first === 0x28 || first === 0x7d) return readPickle(bytes);
  return read(unpacked(bytes, first, second));
}

/** What django-redis compresses with zlib or gzip. lzma, lz4 and zstd are not read. */
function unpacked(bytes: Buffer, first: number, second: number): Buffer {
  try {
    if (first === 0x78 && ((first << 8) | second) % 31 === 0) return inflateSync(bytes, { maxOutputLength: LONGEST });
    if (first === 0x1f && second === 0x8b) return gunzipSync(bytes, { maxOutputLength: LONGEST });
  } catch {
    throw new NotReadable('it is compressed, and damaged');
  }
  throw new NotReadable('it is neither JSON, msgpack nor pickle');
}
