/** Stands between a server and its Redis, and does to the connections what networks do. */
import { connect, createServer, type Socket } from 'node:net';
import { freePorts } from './redis.ts';
import type { Cleanup } from './server.ts';

/** What happens to what one side says. `near`: the connection of the server under test. `pass` hands it on. */
type Meddle = (near: Socket, chunk: Buffer, pass: () => void) => void;

export interface Meddling {
  readonly toRedis?: Meddle;
  readonly fromRedis?: Meddle;
}

/** Starts a proxy to a port of this machine. Gives its own port. */
export async function startProxy(cleanup: Cleanup, target: number, { toRedis, fromRedis }: Meddling): Promise<number> {
  const sockets = new Set<Socket>();
  const [port] = (await freePorts(1)) as [number];
  const passOn: Meddle = (_near, _chunk, pass) => pass();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const end of [near, far]) end.destroy();
        sockets.delete(socket);
      });
    }
    near.on('data', (chunk) => (toRedis ?? passOn)(near, chunk, () => far.write(chunk)));
    far.on('data', (chunk) => (fromRedis ?? passOn)(near, chunk, () => near.write(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  cleanup.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return port;
}
