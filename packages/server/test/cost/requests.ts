/** Requests for counting what they cost: on connections that stay open, so that what a connection costs is not in the count. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Line {
  readonly socket: Socket;
  /** Sends a request, one at a time. `left`: the system has it; `answered`: with 200. Errors: any other answer. */
  readonly send: (request: string) => { readonly left: Promise<void>; readonly answered: Promise<void> };
}

/** Opens a connection to a server. */
export async function openLine(port: number): Promise<Line> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let text = '';
  let waiting: { resolve: () => void; reject: (error: Error) => void } | null = null;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    const head = text.indexOf('\r\n\r\n');
    const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
    if (head < 0 || text.length < head + 4 + Number(length)) return;
    const answer = text;
    text = '';
    if (answer.startsWith('HTTP/1.1 200 ')) waiting?.resolve();
    else waiting?.reject(new Error(answer.slice(0, 500)));
  });
  socket.on('close', () => waiting?.reject(new Error('the connection ended')));
  socket.on('error', () => {});
  await once(socket, 'connect');
  return {
    socket,
    send: (request) => ({
      answered: new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      }),
      left: new Promise((resolve) => socket.write(request, () => resolve())),
    }),
  };
}

/** Writes a request without a body. */
export function read(path: string, headers: readonly string[] = []): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}
