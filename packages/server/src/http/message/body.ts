/**
 * Request bodies: read whole, bounded before and after inflating, decoded strictly. A body of known length takes the
 * adapter's fast path (no stream is made); all others are counted as they come.
 */
import { ServiceError } from '../../core/errors.ts';
import type { ArrivingBody } from './arriving.ts';
import type { Call, Incoming } from './route.ts';

/** Of the classic API. Units: bytes, after inflating. What the original accepted. */
export const MAX_BODY = 60_000;

export const JSON_TYPE = 'application/json';

const INFLATE: Readonly<Record<string, 'gzip' | 'deflate'>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate' };
const UTF8 = new Set(['utf-8', 'utf8', 'us-ascii']);

/** A body and what the client said it is. */
export interface Body {
  readonly text: () => string;
  readonly length: number;
  /** In lower case, without parameters; empty when there is none. */
  readonly mediaType: string;
}

/**
 * Reads the body of a request. `checkType` throws for a media type that is not read: it is asked before a body that is
 * announced, so that nobody sends one in vain. Errors: its own, `body_too_large`, `unsupported_media_type`, `bad_request`
 * when the body breaks off.
 */
export async function readBody(
  { req: { raw: request }, env }: Call,
  max = MAX_BODY,
  checkType: (mediaType: string) => void = () => {},
): Promise<Body> {
  const { headers } = request;
  if (!hasBody(request)) return NO_BODY;
  const [type = '', ...parameters] = (headers.get('content-type') ?? '').split(';');
  const mediaType = type.trim().toLowerCase();
  const encoding = headers.get('content-encoding');
  const declared = headers.get('content-length');
  if (declared !== null && Number(declared) > max) throw tooLarge(max);
  // Chunks may turn out to be no body at all, which needs no type. A client that waits for an answer has one.
  if (declared !== null || headers.get('expect') !== null) {
    checkType(mediaType);
    checkCharset(parameters);
    formatOf(encoding);
  }
  const raw = await readRaw(request, env.incoming, max);
  const bytes = raw.length === 0 ? raw : await inflate(raw, encoding, max);
  return { length: bytes.length, mediaType, text: () => decodeText(bytes, parameters) };
}

const NO_BODY: Body = { length: 0, mediaType: '', text: () => '' };

function hasBody({ headers }: Call['req']['raw']): boolean {
  const length = headers.get('content-length');
  return length === null ? headers.get('transfer-encoding') !== null : length !== '0';
}

async function readRaw(request: Call['req']['raw'], incoming: Incoming | undefined, max: number): Promise<Uint8Array> {
  const arriving = incoming?.arriving;
  arriving?.beginReading(max);
  try {
    if (request.headers.get('content-length') !== null) return new Uint8Array(await request.arrayBuffer());
    // Node's own stream gives many small chunks as one; as a web stream they would hold up the event loop for seconds.
    return await collect(incoming?.iterator?.({ destroyOnReturn: false }) ?? request.body, max, arriving);
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    throw new ServiceError('bad_request', 'the request body broke off', { cause });
  }
}

/** Gives how the body is compressed. Absence: null when it is not. Errors: `unsupported_media_type`. */
function formatOf(encoding: string | null): 'gzip' | 'deflate' | null {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  const format = name === 'identity' ? null : INFLATE[name];
  if (format !== undefined) return format;
  throw new ServiceError('unsupported_media_type', 'Content-Encoding must be identity, gzip or deflate');
}

async function inflate(bytes: Uint8Array, encoding: string | null, max: number): Promise<Uint8Array> {
  const format = formatOf(encoding);
  if (format === null) return bytes;
  try {
    return await collect(new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format)), max);
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    throw new ServiceError('invalid_json', `the body is not valid ${format}`, { field: 'data', cause });
  }
}

/** Reads a stream up to the limit; past it, the rest is neither read nor inflated. */
async function collect(
  stream: AsyncIterable<Uint8Array> | null,
  max: number,
  arriving?: ArrivingBody,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    length += chunk.length;
    if (length > max || arriving?.isTooLong) throw tooLarge(max);
    if (arriving?.isCrumbled)
      throw new ServiceError('bad_request', 'the body must not come in hundreds of tiny chunks');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Errors: `unsupported_media_type` for any charset but UTF-8. */
function checkCharset(parameters: readonly string[]): void {
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name.trim().toLowerCase() !== 'charset') continue;
    if (
      !UTF8.has(
        value
          .trim()
          .replace(/^"(.*)"$/, '$1')
          .toLowerCase(),
      )
    ) {
      throw new ServiceError('unsupported_media_type', 'charset must be utf-8');
    }
  }
}

function decodeText(bytes: Uint8Array, parameters: readonly string[]): string {
  checkCharset(parameters);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ServiceError('invalid_json', 'the body is not UTF-8', { field: 'data', cause });
  }
}

function tooLarge(max: number): ServiceError {
  return new ServiceError('body_too_large', `the request body must not exceed ${max} bytes`);
}
