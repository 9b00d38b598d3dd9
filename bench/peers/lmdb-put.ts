/**
 * The floor of a durable write: node:http, and one put into LMDB for each request, answered when it is on the disk. No
 * check, no index, no session; the same settings of LMDB as our store. The answers are what the load looks for.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { open } from 'lmdb';

const database = open<string, string>({
  path: process.env.FOLDER!,
  encoding: 'string',
  overlappingSync: false,
  eventTurnBatching: false,
});

const server = createServer(async (request, response) => {
  const isCreate = request.method === 'PUT';
  const token = isCreate ? randomBytes(32).toString('hex') : request.url!.slice(-64);
  const data = await bodyOf(request);
  await database.transaction(() => void database.put(token, data));
  response.setHeader('Content-Type', 'application/json');
  response.end(isCreate ? `{"token":"${token}"}` : `{"w":2,"d":${data}}`);
});

server.listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
