/**
 * The connections of webhooks: kept and used again, and none to an address that may not be reached (networks.ts). That is checked
 * three times: an address in the URL before anything is done, all that a name leads to as it is looked up, and the address that the
 * connection really has, before a byte is sent. Proxies of the environment are not for these agents: they would connect for us.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Networks } from './networks.ts';

/** Gives all addresses of a name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** For one receiver, and for all. */
const MOST_SOCKETS = 128;
const MOST_IN_ALL = 1024;

export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

export const resolveBySystem: Resolve = (name) =>
  new Promise((resolve, reject) => {
    systemLookup(name, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

/** Gives the agents for `http:` and `https:`. */
export function agentsFor(networks: Networks, resolve: Resolve = resolveBySystem) {
  const keeping = {
    keepAlive: true,
    maxSockets: MOST_SOCKETS,
    maxTotalSockets: MOST_IN_ALL,
    scheduling: 'lifo' as const,
  };
  const plain = new PlainAgent({ ...keeping, lookup: lookupFor(networks, resolve, false) });
  const secure = new SecureAgent({ ...keeping, lookup: lookupFor(networks, resolve, true) });
  guard(plain, networks, false);
  guard(secure, networks, true);
  return { 'http:': plain, 'https:': secure };
}

/** Looks a name up. One address that may not be reached is enough to refuse the name: it is a mistake, or a trick. */
function lookupFor(networks: Networks, resolve: Resolve, isSecure: boolean): LookupFunction {
  return (name, { all }, done) => {
    resolve(name).then(
      (addresses) => {
        const [first] = addresses;
        const refusal = addresses.map(({ address }) => networks.refusal(address, isSecure)).find((why) => why !== null);
        if (first === undefined) done(new Error(`${name} has no address`), '');
        else if (refusal !== undefined) done(new AddressRefused(`${name} leads to ${refusal}`), '');
        else if (all) done(null, [...addresses]);
        else done(null, first.address, first.family);
      },
      (error) => done(error, ''),
    );
  };
}

type Connect = (
  options: { host?: string | null },
  done?: (error: Error | null, socket: Duplex) => void,
) => Duplex | null | undefined;

function guard(agent: PlainAgent, networks: Networks, isSecure: boolean): void {
  const connect = agent.createConnection.bind(agent) as Connect;
  const guarded: Connect = (options, done) => {
    const host = options.host ?? '';
    const refusal = isIP(host) === 0 ? null : networks.refusal(host, isSecure);
    if (refusal !== null) {
      setImmediate(() => done?.(new AddressRefused(refusal), undefined as never));
      return undefined;
    }
    const socket = connect(options, done) as Socket;
    // Before the request is written: this is the first listener.
    socket.prependOnceListener('connect', () => {
      const why = networks.refusal(socket.remoteAddress ?? '', isSecure);
      if (why !== null) socket.destroy(new AddressRefused(why));
    });
    return socket;
  };
  agent.createConnection = guarded as typeof agent.createConnection;
}
