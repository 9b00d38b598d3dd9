/**
 * What a variable is, and how one is read: empty is not set, a bad value is one line that names the variable, the value, what is
 * allowed and what kind of value came. The password in a store URL is never part of it.
 */
import { readFileSync, statSync } from 'node:fs';
import { kindOf } from './kinds.ts';
import { isOfKubernetes } from './names.ts';

/** One environment variable. `sentence` is documentation; `allowed` ends the line about a bad value. */
export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly default: string;
  readonly allowed: string;
  readonly sentence: string;
}

/** Values that the server cannot start with. The message has one line for each fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one variable. `parse` gives undefined for what is not allowed; that is a fault, and the default is used meanwhile. */
export type Read = <T>(variable: Variable, parse: (text: string) => T | undefined) => T;

/** Reads variables and collects the faults, so that all are told at once. */
export class Reader {
  readonly faults: string[] = [];
  private readonly environment: Environment;

  constructor(environment: Environment) {
    this.environment = environment;
  }

  readonly read: Read = (variable, parse) => {
    const text = this.environment[variable.name] || variable.default;
    const value = parse(text);
    if (value !== undefined) return value;
    this.faults.push(notAllowed(variable, text));
    return parse(variable.default)!;
  };

  /**
   * Reads what belongs together. What is wrong between its variables is a fault, too, unless one of them is wrong by itself.
   * Absence: null when it has faults.
   */
  part<T>(read: () => T): T | null {
    const before = this.faults.length;
    try {
      const value = read();
      return this.faults.length === before ? value : null;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (this.faults.length === before) this.faults.push(error.message);
      return null;
    }
  }
}

function notAllowed({ name, allowed, type }: Variable, text: string): string {
  const said = `${name}=${quote(text)} is not allowed; it must be ${allowed} (${kindOf(text, type === 'file')})`;
  if (!isOfKubernetes(name, text)) return said;
  return `${said}. Kubernetes made it for a service beside this pod whose name begins with "rs": set enableServiceLinks: false in the pod's spec, or set ${name} there`;
}

/** Gives a store URL without user and password: for the start message, logs and errors. */
export function showUrl(url: string): string {
  return url.replace(/\/\/.*@/s, '//…@');
}

/** Characters of an address or a host name. */
export const HOST = /^[A-Za-z0-9.:_-]{1,253}$/;

/** Gives the contents of a file. Absence: undefined when it cannot be read, or is none: to open a pipe would wait for a writer. */
export function contentsOf(path: string): Buffer | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Gives a number of the form, from `min` to `max`. Absence: undefined. */
export function number(text: string, form: RegExp, min: number, max: number): number | undefined {
  const value = form.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** Values go into one line of the terminal: shown as JSON, and not at any length. */
export function quote(text: string): string {
  const shown = showUrl(text);
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}
