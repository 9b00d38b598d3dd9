/**
 * The member `webhooks` of the policy file: who is told of events by HTTP. What a webhook could never be sent with (an address
 * with a password in it, a secret that nobody can read) is a fault of the file, so that it shows at the reload and not at the first event.
 * Not here: whether the address may be reached (webhooks/networks.ts decides as it connects), and what is sent.
 */
import { z } from 'zod';
import { EVENT_TYPES, type EventType } from '../core/events.ts';
import type { WebhookPolicy } from '../core/policy.ts';
import { type Fault, pointerTo } from './fault.ts';
import { type Outside, secretIn, secretRule } from './secret.ts';

export const MOST_WEBHOOKS = 20;
const MOST_SECRETS = 5;
const LONGEST_URL = 2048;
const MOST_IN_BATCH = 100;
const KINDS = ['events', 'backchannel-logout'] as const;
/** What an app has; `policy.changed` and `key.changed` are of the server. */
const TYPES = EVENT_TYPES.filter((type) => type.startsWith('session.')) as [EventType, ...EventType[]];

/** One member. `usual` is its default in words. */
interface WebhookMember<T extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly allowed: string;
  readonly usual: string;
  readonly meaning: string;
}

/** Keeps the type of each member. */
const member = <T extends z.ZodType>(described: WebhookMember<T>): WebhookMember<T> => described;

const place = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/) }),
  z.strictObject({ file: z.string().min(1).max(4096) }),
]);
const aPlace = 'an object with env, the name of a variable, or file, a path';
const text = z.string().min(1).max(1024);

export const WEBHOOK_MEMBERS = {
  name: member({
    type: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/),
    allowed: '1 to 40 letters, digits and hyphens, the first one no hyphen',
    usual: 'needed',
    meaning:
      'Names it in the API, the command and the log. The name is also under which the server remembers how far it was told: with another name it begins anew.',
  }),
  kind: member({
    type: z.enum(KINDS),
    allowed: `one of ${KINDS.map((kind) => `"${kind}"`).join(', ')}`,
    usual: '`"events"`',
    meaning:
      '`"events"`: CloudEvents, signed by Standard Webhooks. `"backchannel-logout"`: logout tokens of OpenID Connect Back-Channel Logout 1.0, one for each session of a subject that ends.',
  }),
  url: member({
    type: z.string().max(LONGEST_URL),
    allowed: `a URL with https:, or http:, of up to ${LONGEST_URL} characters`,
    usual: 'needed',
    meaning:
      'Where it is sent to: no password and no fragment in it. `http:` goes only to addresses that `RS_WEBHOOK_NETWORKS` lists, and so does everything to addresses that are not of the open internet.',
  }),
  types: member({
    type: z.array(z.enum(TYPES)).min(1),
    allowed: `a list of ${TYPES.map((type) => `"${type}"`).join(', ')}`,
    usual: 'all',
    meaning: 'What it is told of. A `backchannel-logout` is told of `session.ended` alone.',
  }),
  secret: member({
    type: place,
    allowed: aPlace,
    usual: 'needed, or `secrets`',
    meaning:
      'Where the secret is: `whsec_` and 24 to 64 bytes in base64. A file is watched like the policy file; a relative path begins at its folder.',
  }),
  secrets: member({
    type: z.array(place).min(1).max(MOST_SECRETS),
    allowed: `a list of 1 to ${MOST_SECRETS}, each ${aPlace}`,
    usual: '',
    meaning: 'In the place of `secret`, while one takes the place of another: each request is signed with all of them.',
  }),
  batch: member({
    type: z.int().min(1).max(MOST_IN_BATCH),
    allowed: `a whole number from 1 to ${MOST_IN_BATCH}`,
    usual: '`1`',
    meaning: 'The most events in one request. Above 1 the body is an array, of one event, too.',
  }),
  paused: member({
    type: z.boolean(),
    allowed: 'true or false',
    usual: '`false`',
    meaning: 'Nothing is sent, and the journal is not kept for it.',
  }),
  issuer: member({
    type: text,
    allowed: 'a text of 1 to 1024 characters',
    usual: 'needed by `backchannel-logout`',
    meaning: 'What the logout token says of `iss`.',
  }),
  audience: member({
    type: text,
    allowed: 'a text of 1 to 1024 characters',
    usual: 'needed by `backchannel-logout`',
    meaning: 'What it says of `aud`: the client id of who receives it.',
  }),
  key: member({
    type: place,
    allowed: aPlace,
    usual: 'needed by `backchannel-logout`',
    meaning:
      'Where the private key is that signs logout tokens, as PEM: RSA of 2048 bits or more (RS256), P-256 (ES256) or Ed25519 (EdDSA).',
  }),
} as const satisfies Record<string, WebhookMember>;

type WebhookMemberName = keyof typeof WEBHOOK_MEMBERS;
type Shape = { [Name in WebhookMemberName]: z.ZodOptional<(typeof WEBHOOK_MEMBERS)[Name]['type']> };
const NEEDED = new Set<string>(['name', 'url']);

const webhookRules = z.strictObject(
  Object.fromEntries(
    Object.entries(WEBHOOK_MEMBERS).map(([name, { type, meaning }]) => {
      const described = (NEEDED.has(name) ? type : (type as z.ZodType).optional()) as z.ZodType;
      return [name, described.meta({ description: meaning })];
    }),
  ) as Omit<Shape, 'name' | 'url'> &
    Pick<{ [Name in WebhookMemberName]: (typeof WEBHOOK_MEMBERS)[Name]['type'] }, 'name' | 'url'>,
);
export const webhookList = z.array(webhookRules).max(MOST_WEBHOOKS);
export const WEBHOOKS_ALLOWED = `a list of up to ${MOST_WEBHOOKS} webhooks, or null`;

export type WebhookRules = z.infer<typeof webhookRules>;

/** Gives the webhook that the rules mean, if they have no fault. */
function webhookFrom(rules: WebhookRules): WebhookPolicy {
  const { name, kind = 'events', url, types, batch = 1, paused = false, issuer = null, audience = null } = rules;
  return Object.freeze({
    name,
    kind,
    url,
    types: kind === 'events' ? (types ?? null) : (['session.ended'] as const),
    secrets: placesIn(rules),
    batch,
    paused,
    issuer,
    audience,
  });
}

function placesIn({ kind = 'events', secret, secrets, key }: WebhookRules) {
  const one = kind === 'events' ? secret : key;
  return kind === 'events' && secrets !== undefined ? secrets : one === undefined ? [] : [one];
}

/** A list of webhooks as it was read, and their secrets, each as its text. */
export interface ReadWebhooks {
  readonly webhooks: readonly WebhookPolicy[];
  readonly secrets: ReadonlyMap<WebhookPolicy, readonly string[]>;
  /** With a path that begins at the list. */
  readonly faults: readonly { readonly path: readonly PropertyKey[]; readonly rule: string }[];
}

/** Reads a list, secrets included. What must hold between its members, and of what they name, are its faults. */
export function readWebhooks(list: readonly WebhookRules[], outside: Outside): ReadWebhooks {
  const faults: { path: PropertyKey[]; rule: string }[] = [];
  const secrets = new Map<WebhookPolicy, readonly string[]>();
  const names = new Set<string>();
  const webhooks = list.map((rules, i) => {
    const fault = (at: readonly PropertyKey[], rule: string) => faults.push({ path: [i, ...at], rule });
    if (names.has(rules.name)) fault(['name'], `must be another one: ${JSON.stringify(rules.name)} is there already`);
    names.add(rules.name);
    const url = urlRule(rules.url);
    if (url !== null) fault(['url'], url);
    for (const [at, rule] of betweenMembers(rules)) fault([at], rule);
    const webhook = webhookFrom(rules);
    const texts = webhook.secrets.map((place, nth) => {
      const secret = secretIn(place, outside);
      const rule = 'rule' in secret ? secret.rule : secretRule(webhook.kind, secret.text);
      const at = webhook.kind === 'events' ? (rules.secrets === undefined ? ['secret'] : ['secrets', nth]) : ['key'];
      if (rule !== null) fault(at, rule);
      return 'rule' in secret ? '' : secret.text;
    });
    secrets.set(webhook, texts);
    return webhook;
  });
  return { webhooks: Object.freeze(webhooks), secrets, faults };
}

/** Gives what is wrong with an address. Absence: null when nothing is. */
function urlRule(text: string): string | null {
  if (!URL.canParse(text)) return `must be ${WEBHOOK_MEMBERS.url.allowed}`;
  const { protocol, username, password, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return `must begin with https: or http:, not ${protocol}`;
  if (username !== '' || password !== '') return 'must not have a user or a password in it; the signature is the proof';
  return hash === '' ? null : 'must not have a fragment: that is not sent';
}

function betweenMembers(rules: WebhookRules): [WebhookMemberName, string][] {
  const { kind = 'events', types, secret, secrets, batch, issuer, audience, key } = rules;
  const faults: [WebhookMemberName, string][] = [];
  const foreign = (names: readonly WebhookMemberName[], of: string) => {
    for (const name of names) if (rules[name] !== undefined) faults.push([name, `is a member of kind "${of}" alone`]);
  };
  if (kind === 'events') {
    foreign(['issuer', 'audience', 'key'], 'backchannel-logout');
    if (secret !== undefined && secrets !== undefined) faults.push(['secrets', 'must not be there beside secret']);
    if (secret === undefined && secrets === undefined) faults.push(['secret', `must be ${aPlace}`]);
    return faults;
  }
  foreign(['secret', 'secrets'], 'events');
  if (batch !== undefined && batch !== 1) faults.push(['batch', 'must be 1 where kind is "backchannel-logout"']);
  if (types?.some((type) => type !== 'session.ended')) {
    faults.push(['types', 'must be ["session.ended"] where kind is "backchannel-logout"']);
  }
  for (const [name, value] of Object.entries({ issuer, audience, key })) {
    const { allowed } = WEBHOOK_MEMBERS[name as WebhookMemberName];
    if (value === undefined) faults.push([name as WebhookMemberName, `must be ${allowed}, where kind is "${kind}"`]);
  }
  return faults;
}

/** Says what the schema found in a list of webhooks. `below`: the path within it. */
export function faultsOfWebhooks(issue: z.core.$ZodIssue, below: readonly PropertyKey[]): Fault[] {
  const [, name] = below;
  if (below.length === 0) return [{ where: pointerTo(issue.path), rule: `must be ${WEBHOOKS_ALLOWED}` }];
  if (name === undefined && issue.code === 'unrecognized_keys') {
    const rule = `is not a member of a webhook; there are ${Object.keys(WEBHOOK_MEMBERS).join(', ')}`;
    return issue.keys.map((key) => ({ where: pointerTo([...issue.path, key]), rule }));
  }
  if (name === undefined)
    return [{ where: pointerTo(issue.path), rule: 'must be an object with the members of a webhook' }];
  const { allowed } = WEBHOOK_MEMBERS[name as WebhookMemberName];
  return [
    { where: pointerTo(issue.path), rule: `must be ${below.length > 2 && name === 'secrets' ? aPlace : allowed}` },
  ];
}
