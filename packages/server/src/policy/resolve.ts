/**
 * Makes the policy in force from what a file says. The schema checks single members. Each member comes from the app's own
 * rules, else from the defaults of the file, else from those of the server, and is put into the units of core. Last,
 * the members must fit together.
 */
import type { z } from 'zod';
import { ServiceError } from '../core/errors.ts';
import type { JournalSource } from '../core/events.ts';
import { DEFAULT_POLICY, type Policy, type PolicySource, type WebhookPolicy } from '../core/policy.ts';
import { APP_NAME } from '../core/validate.ts';
import { cookieFaults, cookieFrom, faultsOfCookie } from './cookie.ts';
import { type Fault, pointerTo } from './fault.ts';
import { journalsOf } from './journals.ts';
import { MEMBERS, type MemberName, type PolicyDocument, policyFile, type Rules } from './schema.ts';
import type { Outside } from './secret.ts';
import { faultsOfWebhooks, type ReadWebhooks, readWebhooks, type WebhookRules } from './webhook.ts';

/** A file that was found right. */
export interface Resolved {
  readonly document: PolicyDocument;
  readonly policyOf: PolicySource;
  readonly journalOf: JournalSource;
  /** Gives the secrets of a webhook of these policies, the current one first. */
  readonly secretsOf: (webhook: WebhookPolicy) => readonly string[];
  /** Of apps that have none of their own. */
  readonly usualWebhooks: readonly WebhookPolicy[];
  /** The files that secrets were read from. */
  readonly secretFiles: readonly string[];
}

const NOTHING: Outside = { variable: () => undefined, pathOf: (name) => name };

/** Checks a document and gives the policy it means, or every fault it has. `outside`: where the secrets are that it names. */
export function resolvePolicy(value: unknown, outside: Outside = NOTHING): Resolved | readonly Fault[] {
  const parsed = policyFile.safeParse(value);
  const webhooks = new Webhooks(outside);
  if (!parsed.success) {
    const { issues } = parsed.error;
    return [...issues.flatMap((issue) => faultsOf(issue, value)), ...besides(issues, value, webhooks)];
  }
  const document = parsed.data;
  const { defaults = {}, apps = {}, strictApps = false } = document;
  const faults = contradictions(['defaults'], defaults, [defaults], webhooks);
  const policies = new Map<string, Policy>();
  for (const [app, rules] of Object.entries(apps)) {
    faults.push(...contradictions(['apps', app], rules, [rules, defaults], webhooks));
    policies.set(app, policyFrom([rules, defaults], webhooks));
  }
  if (strictApps && policies.size === 0) {
    faults.push({ where: '/strictApps', rule: 'must not be true where apps names none: no app would be served' });
  }
  if (faults.length > 0) return faults;
  const fallback = policyFrom([defaults], webhooks);
  const journalOf = journalsOf(policies, strictApps ? null : fallback);
  const { secretFiles } = webhooks;
  const usualWebhooks = strictApps ? DEFAULT_POLICY.webhooks : fallback.webhooks;
  const secretsOf = (webhook: WebhookPolicy) => webhooks.secretsOf(webhook);
  return {
    document,
    policyOf: sourceOf(policies, fallback, strictApps),
    journalOf,
    usualWebhooks,
    secretsOf,
    secretFiles,
  };
}

/** What is wrong between members of the parts that the schema finds right: whoever mends a file wants to know all of it. */
function besides(issues: readonly z.core.$ZodIssue[], value: unknown, webhooks: Webhooks): Fault[] {
  const isWrong = (...part: readonly PropertyKey[]) =>
    issues.some(({ path }) => path.length > 0 && path.slice(0, part.length).every((step, i) => step === part[i]));
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isWrong('defaults')) return [];
  const { defaults = {}, apps = {} } = value as PolicyDocument;
  const faults = contradictions(['defaults'], defaults, [defaults], webhooks);
  if (issues.some(({ path }) => path.length === 1 && path[0] === 'apps')) return faults;
  for (const [app, rules] of Object.entries(apps)) {
    if (!isWrong('apps', app)) faults.push(...contradictions(['apps', app], rules, [rules, defaults], webhooks));
  }
  return faults;
}

function sourceOf(policies: ReadonlyMap<string, Policy>, fallback: Policy, strictApps: boolean): PolicySource {
  return (app) => {
    const policy = policies.get(app);
    if (policy !== undefined) return policy;
    if (strictApps) throw new ServiceError('app_not_found', 'this server does not serve this app', { field: 'app' });
    return fallback;
  };
}

/** Gives a member from the first layer that has it; null counts. Absence: undefined when none has. */
function stated<Name extends MemberName>(layers: readonly Rules[], name: Name): Rules[Name] | undefined {
  return layers.find((layer) => layer[name] !== undefined)?.[name];
}

function policyFrom(layers: readonly Rules[], webhooks: Webhooks): Policy {
  const milliseconds = (name: MemberName, fallback: number | null) => {
    const value = stated(layers, name) as number | null | undefined;
    if (value === undefined) return fallback;
    return value === null ? null : Math.round(value * 1000);
  };
  const asIs = <Name extends MemberName & keyof Policy>(name: Name): Policy[Name] =>
    (stated(layers, name) ?? DEFAULT_POLICY[name]) as Policy[Name];
  const absoluteTimeout = milliseconds('absoluteTimeout', DEFAULT_POLICY.absoluteTimeout);
  const maxAbsoluteTimeout = milliseconds('maxAbsoluteTimeout', DEFAULT_POLICY.maxAbsoluteTimeout);
  const classicDefault = maxAbsoluteTimeout === null ? DEFAULT_POLICY.classicAbsoluteTimeout : absoluteTimeout;
  return Object.freeze({
    idleTimeout: milliseconds('idleTimeout', DEFAULT_POLICY.idleTimeout),
    minIdleTimeout: milliseconds('minIdleTimeout', DEFAULT_POLICY.minIdleTimeout)!,
    maxIdleTimeout: milliseconds('maxIdleTimeout', DEFAULT_POLICY.maxIdleTimeout)!,
    absoluteTimeout,
    maxAbsoluteTimeout,
    classicAbsoluteTimeout: milliseconds('absoluteTimeout', classicDefault),
    maxSessionsPerSubject: asIs('maxSessionsPerSubject'),
    onLimit: asIs('onLimit'),
    maxSessions: asIs('maxSessions'),
    maxDataBytes: asIs('maxDataBytes'),
    minCallerTokenLength: asIs('minCallerTokenLength'),
    rotationGrace: milliseconds('rotationGrace', DEFAULT_POLICY.rotationGrace)!,
    classic: asIs('classic'),
    events: asIs('events'),
    updateEvents: asIs('updateEvents'),
    history: historyFrom(stated(layers, 'history')),
    webhooks: webhooks.of(stated(layers, 'webhooks')).webhooks,
    cookie: cookieFrom(stated(layers, 'cookie')),
  });
}

/** The lists of webhooks of one document: each is read once, however many apps have it from `defaults`. */
class Webhooks {
  private readonly outside: Outside;
  private readonly lists = new Map<readonly WebhookRules[], ReadWebhooks>();
  private readonly files = new Set<string>();

  constructor({ variable, pathOf }: Outside) {
    const noted = (name: string) => {
      const path = pathOf(name);
      this.files.add(path);
      return path;
    };
    this.outside = { variable, pathOf: noted };
  }

  get secretFiles(): readonly string[] {
    return [...this.files];
  }

  of(list: Rules['webhooks']): ReadWebhooks {
    if (!list) return NO_WEBHOOKS;
    const read = this.lists.get(list) ?? readWebhooks(list, this.outside);
    this.lists.set(list, read);
    return read;
  }

  secretsOf(webhook: WebhookPolicy): readonly string[] {
    for (const { secrets } of this.lists.values()) {
      const texts = secrets.get(webhook);
      if (texts !== undefined) return texts;
    }
    return [];
  }
}

const NO_WEBHOOKS: ReadWebhooks = { webhooks: DEFAULT_POLICY.webhooks, secrets: new Map(), faults: [] };
const DAY = 86_400_000;

function historyFrom(history: Rules['history']): Policy['history'] {
  if (history === undefined) return DEFAULT_POLICY.history;
  return history === null ? null : history.days * DAY;
}

/**
 * What must hold between members, whichever layer they come from. The fault points into this layer, at the first member
 * that the layer itself states. A layer that states none of them has not made the contradiction.
 */
function contradictions(path: readonly string[], own: Rules, layers: readonly Rules[], webhooks: Webhooks): Fault[] {
  const { idleTimeout: idle, minIdleTimeout: min, maxIdleTimeout: max, ...policy } = policyFrom(layers, webhooks);
  const { absoluteTimeout: absolute, maxAbsoluteTimeout: maxAbsolute } = policy;
  const faults: Fault[] = [];
  const fault = (involved: readonly MemberName[], rule: string) => {
    const name = involved.find((candidate) => own[candidate] !== undefined);
    if (name !== undefined) faults.push({ where: pointerTo([...path, name]), rule });
  };
  const order = (low: MemberName, lowest: number, high: MemberName, highest: number, first: MemberName) => {
    if (lowest <= highest) return;
    const rule = `${low} (${lowest / 1000}) must not be above ${high} (${highest / 1000})`;
    fault(first === low ? [low, high] : [high, low], rule);
  };
  order('minIdleTimeout', min, 'maxIdleTimeout', max, 'minIdleTimeout');
  if (idle !== null) {
    order('minIdleTimeout', min, 'idleTimeout', idle, 'idleTimeout');
    order('idleTimeout', idle, 'maxIdleTimeout', max, 'idleTimeout');
  } else if (typeof stated(layers, 'absoluteTimeout') !== 'number') {
    const rule = 'idleTimeout must not be null where the file sets no absoluteTimeout: such sessions would never end';
    fault(['idleTimeout', 'absoluteTimeout'], rule);
  }
  if (maxAbsolute !== null && absolute !== null) {
    order('absoluteTimeout', absolute, 'maxAbsoluteTimeout', maxAbsolute, 'absoluteTimeout');
  } else if (maxAbsolute !== null) {
    const rule = 'absoluteTimeout must not be null where maxAbsoluteTimeout is a number';
    fault(['absoluteTimeout', 'maxAbsoluteTimeout'], rule);
  }
  for (const { path: below, rule } of webhooks.of(own.webhooks).faults) {
    faults.push({ where: pointerTo([...path, 'webhooks', ...below]), rule });
  }
  return [...faults, ...cookieFaults([...path, 'cookie'], own.cookie)];
}

/** Says what the schema found, in the words of the table. */
function faultsOf(issue: z.core.$ZodIssue, value: unknown): Fault[] {
  const where = pointerTo(issue.path);
  const inRulesAt = issue.path[0] === 'apps' ? 2 : 1;
  if (issue.path[inRulesAt] === 'cookie') {
    return faultsOfCookie(issue, issue.path.slice(inRulesAt + 1), value);
  }
  if (issue.path[inRulesAt] === 'webhooks') return faultsOfWebhooks(issue, issue.path.slice(inRulesAt + 1));
  const member = String(issue.path[inRulesAt]);
  // What is wrong within a member is told of the member as a whole.
  if (Object.hasOwn(MEMBERS, member) && issue.path.length > inRulesAt) {
    const where = pointerTo(issue.path.slice(0, inRulesAt + 1));
    return [{ where, rule: `must be ${MEMBERS[member as MemberName].allowed}` }];
  }
  if (issue.code === 'unrecognized_keys') {
    const allowed = issue.path.length === 0 ? Object.keys(policyFile.shape) : Object.keys(MEMBERS);
    const rule = `is not a member here; there are ${allowed.join(', ')}`;
    return issue.keys.map((key) => ({ where: pointerTo([...issue.path, key]), rule }));
  }
  if (issue.code === 'invalid_key') return [{ where, rule: `an app name must be ${APP_NAME.allowed}` }];
  const name = String(issue.path.at(-1));
  const types: Record<string, string> = { $schema: 'a text', strictApps: 'true or false' };
  return [{ where, rule: `must be ${types[name] ?? 'an object'}` }];
}
