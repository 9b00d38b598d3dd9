// Free ports of 127.0.0.1 for what cannot choose one itself, as Redis cannot. JavaScript, because what is started without tsx needs
// them, too (adapters/contract/with-servers.mjs).
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Gives ports that nothing listens on now, each to one process only. They are below those that outgoing connections get, so that
 * none takes them.
 */
export async function freePorts(count) {
  const ports = [];
  while (ports.length < count) {
    const port = 15_000 + Math.floor(Math.random() * 6000);
    // A Cluster node also listens 10,000 above.
    if (!ports.includes(port) && (await reserve(port)) && (await isFree(port)) && (await isFree(port + 10_000)))
      ports.push(port);
  }
  return ports;
}

/**
 * Keeps a port from other test processes for as long as this one runs: by the UDP port of the same number, which nothing
 * else uses here, and which the system frees when the process ends. Gives false when another process has it.
 */
function reserve(port) {
  const mark = createSocket('udp4').unref();
  return new Promise((resolve) => {
    mark.once('error', () => resolve(false));
    mark.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
}

async function isFree(port) {
  const server = createServer();
  const free = new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  const answer = await free;
  await new Promise((resolve) => server.close(resolve));
  return answer;
}
