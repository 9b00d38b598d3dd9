/** A stream of events as a client has it, on a connection that does what the test says. */
import { connect, type Socket } from 'node:net';
import { type Frame, framesOf } from './heard-events.ts';
import { until } from './until.ts';

export const STREAM = 'Accept: text/event-stream';

/** Opens a stream on a connection of its own. `frames` has what came. */
export async function openStream(port: number, path: string, headers: readonly string[] = [], socket?: Socket) {
  const connection = socket ?? connect(port, '127.0.0.1');
  const frames: Frame[] = [];
  let head = '';
  let rest = '';
  let hasEnded = false;
  connection.on('data', (chunk) => {
    rest += chunk;
    if (head === '') {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      head = rest.slice(0, end);
      rest = rest.slice(end + 2);
    }
    // The sizes of chunks are taken out: no line of a stream looks like one. The last one stays, and is the end.
    rest = rest.replace(/\r\n[1-9a-f][0-9a-f]*\r\n/g, '');
    const end = rest.lastIndexOf('\n\n') + 2;
    if (end < 2) return;
    frames.push(...framesOf(rest.slice(0, end)));
    rest = rest.slice(end);
  });
  connection.on('error', () => {});
  connection.on('end', () => {
    hasEnded = true;
  });
  connection.write([`GET ${path} HTTP/1.1`, 'Host: localhost', STREAM, ...headers, '', ''].join('\r\n'));
  await until(
    () => frames.length > 0,
    () => `the stream has begun: ${head}\n${rest}`,
  );
  return {
    socket: connection,
    frames,
    head: () => head,
    hasEnded: () => hasEnded,
    /** Whether the answer is whole. */
    isWhole: () => rest === '\r\n0\r\n\r\n',
    messages: () => frames.filter(({ name }) => name === 'message'),
  };
}
