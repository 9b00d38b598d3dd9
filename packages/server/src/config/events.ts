/** How long events are kept, how much of them, and where they may be sent. */
import { isIP } from 'node:net';
import { number, type Read, type Variable } from './variable.ts';

export const EVENT_VARIABLES = {
  eventsKeep: {
    name: 'RS_EVENTS_KEEP',
    type: 'integer',
    unit: 'seconds',
    default: '259200',
    allowed: 'a whole number from 60 to 31536000',
    sentence:
      'How long an event stays in the journal of its app (259200 is 72 hours), and longer as long as a webhook that is not paused has not had it yet.',
  },
  eventsBytes: {
    name: 'RS_EVENTS_BYTES',
    type: 'integer',
    unit: 'bytes',
    default: '268435456',
    allowed: 'a whole number from 65536 to 1099511627776',
    sentence:
      'How large the journal of each app may become; an event takes 50 to 200 bytes, most of that its user agent. The oldest events beyond it are dropped, also when a webhook has not had them yet: the log says how many it lost, and the webhook is told of the gap.',
  },
  webhookNetworks: {
    name: 'RS_WEBHOOK_NETWORKS',
    type: 'list',
    unit: '',
    default: '',
    allowed: 'addresses and networks (10.1.0.0/16, fd00::/8) with commas between them',
    sentence:
      'Where webhooks may be sent beside public addresses: those of receivers in your own network. Looked at when the connection is made, whatever name the URL has. `http:` goes to these alone. Not set: to public addresses only.',
  },
} as const satisfies Record<string, Variable>;

/** A network of IP addresses. `prefix`: how many bits of the address are that of the network; 32 or 128 for a single address. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

export interface EventsConfig {
  /** Units: milliseconds. */
  readonly eventsKeep: number;
  /** Of each app. */
  readonly eventsBytes: number;
  readonly webhookNetworks: readonly Network[];
}

/** Reads it. Errors: ConfigError. */
export function readEvents(read: Read): EventsConfig {
  return {
    eventsKeep: read(EVENT_VARIABLES.eventsKeep, (text) => number(text, /^\d{1,8}$/, 60, 31_536_000))! * 1000,
    eventsBytes: read(EVENT_VARIABLES.eventsBytes, (text) => number(text, /^\d{1,13}$/, 65_536, 2 ** 40))!,
    webhookNetworks: read(EVENT_VARIABLES.webhookNetworks, networksOf),
  };
}

/** Absence: undefined when one of them is none. */
function networksOf(text: string): readonly Network[] | undefined {
  if (text === '') return [];
  const networks = text.split(',').map((part) => networkOf(part.trim()));
  return networks.every((network) => network !== undefined) ? Object.freeze(networks) : undefined;
}

function networkOf(text: string): Network | undefined {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  // An address with a zone (fe80::1%eth0) is of one interface, and no network.
  if (version === 0 || more.length > 0 || address.includes('%')) return undefined;
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : number(bits, /^(?:0|[1-9]\d{0,2})$/, 0, most);
  return prefix === undefined ? undefined : { address, prefix, family: `ipv${version as 4 | 6}` };
}
