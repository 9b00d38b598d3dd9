/** Which sessions of an app: options of `sessions list` and `sessions end`. */
import type { Options } from '../definition.ts';

export const FILTERS = {
  subject: { value: 'SUBJECT', text: 'only sessions of this user' },
  'active-within': { value: 'SPAN', text: 'only those where somebody was there in this time: 30m, 12h, 7d' },
  'idle-for': { value: 'SPAN', text: 'only those where nobody was there for this time' },
  'older-than': { value: 'SPAN', text: 'only those that were created longer ago' },
  ip: { value: 'ADDRESS', text: 'only those from this address, or from this network: 203.0.113.0/24' },
  'user-agent': { value: 'TEXT', text: 'only those whose user agent has this text, in any case of letters' },
  label: { value: 'TEXT', text: 'only those whose label has this text, in any case of letters' },
} as const satisfies Options;
