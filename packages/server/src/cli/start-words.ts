/** What is said when a server has started, or cannot. */
import { type Config, showUrl } from '../config.ts';
import type { RunningServer } from '../serve.ts';

/** What the start message tells of. */
export type Started = Pick<RunningServer, 'url' | 'location' | 'trouble' | 'open'>;

/** Gives the start message. */
export function greeting({ url, location, trouble, open }: Started): string {
  const access = open ? 'everyone who reaches this address may call: there are no API keys' : 'an API key is needed';
  const header = open ? '' : ' -H "Authorization: Bearer $KEY"';
  return `REST-Sessions listens on ${url}
sessions are kept in: ${location}
${trouble === null ? '' : `they cannot be reached now, and requests are answered 503 until they can: ${trouble}\n`}${access}
the API, to read and to try: ${url}/docs

Create a session:
  curl -X PUT${header} '${url}/shop/create/user123?ip=192.168.99.22'
Read it, with the token of that answer in the place of TOKEN:
  curl${header} '${url}/shop/get/TOKEN'
Or both in one line:
  curl${header} "${url}/shop/get/$(curl -s -X PUT${header} '${url}/shop/create/user123?ip=192.168.99.22' | cut -d'"' -f4)"

`;
}

/** Says in one line what kept the server from starting. */
export function startFailure(error: unknown, { host, port, metricsPort, store }: Config): string {
  const { code, syscall, message, port: asked } = error as NodeJS.ErrnoException & { readonly port?: number };
  // The same code can come from several calls: EACCES may be about a port, or about the folder of the store.
  // A worker's port is bound by its primary.
  const network = syscall === 'listen' || syscall === 'bind' || syscall === 'getaddrinfo';
  if (!network) return `cannot start with RS_STORE=${showUrl(store)}: ${message}`;
  if (asked === metricsPort && asked !== port) return `RS_METRICS_PORT=${asked} cannot be used on 127.0.0.1: ${code}`;
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is in use; stop what listens there or set RS_PORT`;
  if (code === 'EACCES')
    return `port ${port} on ${host} may not be used by this account; set RS_PORT to one above 1023`;
  if (code === 'EADDRNOTAVAIL') return `RS_HOST=${host} is not an address of this machine`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `RS_HOST=${host} cannot be resolved`;
  return `cannot listen on ${host}, port ${port}: ${message}`;
}
