/**
 * Calls with wrong API keys, by the network they come from. A key cannot be guessed; a limit keeps those who try from filling
 * log and time, and the counts show them. Right keys from the same address are not concerned: who checks keys asks here
 * only about wrong ones.
 *
 * Memory is bounded by the buckets of the limiter: who has very many addresses gains fresh buckets, and nothing else.
 */
import type { Allowance, RateLimiter } from './rate-limiter.ts';

export class WrongKeys {
  /** Calls with a wrong key since the start, and how many of them were turned away with 429: for metrics. */
  readonly counts = { all: 0, limited: 0 };
  private readonly limiter: Pick<RateLimiter, 'take'>;
  private readonly onLimited: (
    network: string,
    now: number,
    counts: Readonly<WrongKeys['counts']>,
    requestId: string,
  ) => void;

  /** `onLimited` is told of each call that is turned away. */
  constructor(limiter: Pick<RateLimiter, 'take'>, onLimited: WrongKeys['onLimited'] = () => {}) {
    this.limiter = limiter;
    this.onLimited = onLimited;
  }

  /** Counts one. `address`: of the caller's connection; absence: undefined where there is none, which is not limited. */
  note(address: string | undefined, now: number, requestId = ''): Allowance | null {
    this.counts.all++;
    if (address === undefined) return null;
    const network = networkOf(address);
    const allowance = this.limiter.take(network, now);
    if (!allowance.allowed) {
      this.counts.limited++;
      this.onLimited(network, now, this.counts, requestId);
    }
    return allowance;
  }
}

/**
 * Gives the name under which an address is counted: IPv4 by itself, also when it is written in IPv6; of IPv6 the first 64
 * bits, because whoever has one such address has all of them.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().replace(/%.*$/, '').split('::');
  const first = head === '' ? [] : head.split(':');
  // An IPv4 address at the end stands for two groups.
  const last = tail === undefined || tail === '' ? [] : tail.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0').split(':');
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
