/**
 * Which addresses webhooks may go to. A URL comes from who writes the policy file, but what a name leads to is decided by whoever
 * has the name, at the moment of the connection: it could be the metadata of the cloud, or a neighbour that trusts the network.
 * So the address is judged, and never the name, where it is known for certain: as it is looked up and as it is connected.
 * What is not of the open internet must be listed. Plain HTTP goes to listed addresses alone: elsewhere anybody would read along.
 */
import { BlockList, isIP } from 'node:net';

/** By the registries of special addresses (IANA), and what is multicast or reserved. */
const CLOSED_V4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, and the metadata of clouds.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** All that is given out for the open internet. So NAT64, IPv4-mapped, unique-local and link-local addresses are closed without a line. */
const OPEN_V6: readonly [string, number] = ['2000::', 3];
const CLOSED_V6: readonly [string, number][] = [
  // Protocol assignments, with Teredo.
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4 has an address of IPv4 in it.
  ['2002::', 16],
  ['3fff::', 20],
];

/** `prefix`: how many bits of the address are that of the network. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

export class Networks {
  private readonly listed = new BlockList();
  private readonly closed = new BlockList();
  private readonly open = new BlockList();

  /** `listed`: may be reached although they are not of the open internet. */
  constructor(listed: readonly Network[]) {
    for (const { address, prefix, family } of listed) this.listed.addSubnet(address, prefix, family);
    for (const [address, bits] of CLOSED_V4) this.closed.addSubnet(address, bits, 'ipv4');
    for (const [address, bits] of CLOSED_V6) this.closed.addSubnet(address, bits, 'ipv6');
    this.open.addSubnet(...OPEN_V6, 'ipv6');
  }

  /** Gives why an address may not be reached, as the end of a sentence. Absence: null when it may. */
  refusal(text: string, isSecure: boolean): string | null {
    const address = text.replace(/%.*$/, '');
    const family = isIP(address);
    if (family === 0) return `${text} is no address`;
    const kind = family === 6 ? 'ipv6' : 'ipv4';
    if (this.listed.check(address, kind)) return null;
    if (this.closed.check(address, kind) || (family === 6 && !this.open.check(address, kind))) {
      return `${address} is not of the open internet, and not in RS_WEBHOOK_NETWORKS`;
    }
    return isSecure ? null : `${address} is not in RS_WEBHOOK_NETWORKS, and only with https: others are reached`;
  }
}
