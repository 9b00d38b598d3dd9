/** A short body of known length, read from Node's request with as little as that takes. */

/** The part of Node's request that a body comes from. */
export interface BodyStream {
  on(event: 'data', listener: (chunk: Buffer) => void): BodyStream;
  on(event: 'end', listener: () => void): BodyStream;
  on(event: 'error' | 'close', listener: (error?: Error) => void): BodyStream;
  off(event: string, listener: (...args: never[]) => void): BodyStream;
}

/** Errors: what broke it off. */
export function wholeBody(incoming: BodyStream): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
    };
    const onEnd = () => {
      forget();
      const { buffer, byteOffset, byteLength } = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      resolve(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
    };
    const onBreak = (error?: Error) => {
      forget();
      reject(error ?? new Error('the client has closed the connection'));
    };
    const forget = () => {
      incoming.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak);
    };
    incoming.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak);
  });
}
