/**
 * The policy in force and the file it comes from. A reload takes the new rules as a whole or not at all: with a file that
 * has a fault the ones before it stay, and each fault is told. A request that has begun goes on under the rules it began
 * with, a session keeps the timeouts it was given.
 */
import { createHash } from 'node:crypto';
import { basename, dirname, resolve } from 'node:path';
import type { JournalSource } from '../core/events.ts';
import type { PolicySource, WebhookPolicy } from '../core/policy.ts';
import type { PolicyReport } from '../core/policy-report.ts';
import { readRegular } from '../files/regular-file.ts';
import { changesBetween } from './changes.ts';
import { type Fault, PolicyFault } from './fault.ts';
import { DocumentFault, readDocument } from './json-document.ts';
import { changedFor, valuesIn } from './layers.ts';
import { type Resolved, resolvePolicy } from './resolve.ts';
import type { PolicyDocument } from './schema.ts';
import type { VariableOf } from './secret.ts';

export class PolicyFile {
  readonly path: string;
  private readonly variable: VariableOf;
  private inForce: Loaded;
  /** What the last reload that changed the file has replaced: the document, which has no secret in it. Absence: null when none has. */
  private replaced: { readonly document: PolicyDocument; readonly at: number } | null = null;
  /** Stays valid over reloads. */
  readonly source: PolicySource = (app) => this.inForce.policyOf(app);
  /** Stays valid over reloads, too. Null for an app that is not served. */
  readonly journal: JournalSource = (app) => this.inForce.journalOf(app);

  /** Reads the file. `variable`: where the secrets are that it names so. Errors: PolicyFault. */
  constructor(path: string, variable: VariableOf = () => undefined) {
    this.path = path;
    this.variable = variable;
    this.inForce = load(path, variable);
  }

  /** What it was made from: the file, and those of the secrets that it names. */
  get files(): readonly string[] {
    return [this.path, ...this.inForce.secretFiles];
  }

  /** The webhooks of apps that have none of their own. */
  get usualWebhooks(): readonly WebhookPolicy[] {
    return this.inForce.usualWebhooks;
  }

  /** Gives the secrets of a webhook in force, the current one first, as they were when the file was read. */
  secretsOf(webhook: WebhookPolicy): readonly string[] {
    return this.inForce.secretsOf(webhook);
  }

  /** The apps that the file names, in its order. */
  get apps(): readonly string[] {
    return Object.keys(this.inForce.document.apps ?? {});
  }

  /** The SHA-256 of the file whose rules are in force, in hexadecimal digits. */
  get digest(): string {
    return this.inForce.digest;
  }

  /**
   * Takes what the file holds now and gives what that changes, in words. `before` is told of it first, if it changes something, with the
   * digest of the file that is to be in force. `now`: for who asks later when that was. Units: epoch milliseconds.
   * Errors: PolicyFault, and those of `before`; nothing has changed then.
   */
  reload(
    before: (changes: readonly string[], digest: string) => void = () => {},
    now: number = Date.now(),
  ): readonly string[] {
    const next = load(this.path, this.variable);
    const { document } = this.inForce;
    const changes = changesBetween(document, next.document);
    if (changes.length > 0) {
      before(changes, next.digest);
      this.replaced = { document, at: now };
    }
    this.inForce = next;
    return changes;
  }

  /** Tells from which layer each value of an app comes, and what the last change of the file has changed for it. */
  reportOf(app: string): PolicyReport {
    const { inForce, replaced, path } = this;
    const { document } = inForce;
    const reload = replaced && { at: replaced.at, changed: changedFor(app, replaced.document, document) };
    return { values: valuesIn(document, app), file: basename(path), reload };
  }
}

/** Of a server without a policy file. */
export function reportWithoutFile(app: string): PolicyReport {
  return { values: valuesIn({}, app), file: null, reload: null };
}

type Loaded = Resolved & { readonly digest: string };

function load(path: string, variable: VariableOf): Loaded {
  const twice: Fault[] = [];
  const { document, digest } = documentIn(path, twice);
  const resolved = resolvePolicy(document, { variable, pathOf: (name) => resolve(dirname(path), name) });
  if ('document' in resolved && twice.length === 0) return { ...resolved, digest };
  // A member can be wrong in two ways; one line is enough to find it.
  const first = new Map<string, Fault>();
  const faults = 'document' in resolved ? twice : [...twice, ...resolved];
  for (const fault of faults) if (!first.has(fault.where)) first.set(fault.where, fault);
  throw new PolicyFault(path, [...first.values()]);
}

/** Errors: PolicyFault where there is nothing more to be found; members that are there twice go into `twice`. */
function documentIn(path: string, twice: Fault[]): { document: unknown; digest: string } {
  try {
    const bytes = readRegular(path);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const document = readDocument(text, (fault) => twice.push(fault));
    return { document, digest: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    if (error instanceof DocumentFault) throw new PolicyFault(path, [...twice, error.fault]);
    const { code } = error as NodeJS.ErrnoException;
    const rule =
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'must be UTF-8' : `cannot be read (${code ?? 'unknown fault'})`;
    throw new PolicyFault(path, [{ where: '""', rule }]);
  }
}
