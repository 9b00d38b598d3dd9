/**
 * Who logs in to the console. What may be guessed are passwords: attempts are limited for each network that they come from and for
 * each name, before anything is hashed, and a name that nobody has costs what every other does. Wrong keys are counted with
 * those of all routes (limits/wrong-keys): a key cannot be guessed.
 */
import type { Principal } from '../core/principal.ts';
import type {
  Caller,
  Console,
  ConsoleSession,
  CookieKind,
  Credentials,
  LoginOutcome,
  Shown,
  Way,
} from '../http/message/console.ts';
import { type PasswordCheck, TooManyChecks } from '../keys/password.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import { networkOf, type WrongKeys } from '../limits/wrong-keys.ts';
import { type ConsoleSessions, consoleSession } from './console-sessions.ts';
import type { People, Person } from './people.ts';

export interface LoginsOptions {
  readonly people: People;
  readonly sessions: ConsoleSessions;
  readonly passwords: PasswordCheck;
  readonly limits: Readonly<Record<'address' | 'name', Pick<RateLimiter, 'take'>>>;
  /** Absence: null when they are not counted. */
  readonly wrongKeys: WrongKeys | null;
  /** Told of a key that is right and no longer in force. */
  readonly onExpired: (name: string, requestId: string) => void;
}

/** Somebody, nobody, or a reason to look no further. */
type Judged = { readonly kind: 'known'; readonly person: Person } | Exclude<LoginOutcome, { readonly kind: 'begun' }>;

export class Logins implements Console {
  private readonly options: LoginsOptions;

  constructor(options: LoginsOptions) {
    this.options = options;
  }

  ways(): readonly Way[] {
    return this.options.people.ways;
  }

  async login(given: Credentials, caller: Caller, kind: CookieKind, now: number): Promise<LoginOutcome> {
    const judged = await this.judge(given, caller, now);
    if (judged.kind !== 'known') return judged;
    return { kind: 'begun', ...(await this.options.sessions.begin(judged.person, kind, now)) };
  }

  async find(
    shown: Shown,
    certificates: readonly string[],
    slide: boolean,
    now: number,
  ): Promise<ConsoleSession | null> {
    const { people, sessions } = this.options;
    const found = await sessions.find(shown, slide, now);
    if (found === null) return null;
    const person = people.named(found.way, found.name, certificates, now);
    if (person !== null && person.mark === found.mark) return consoleSession(person, found.session);
    await sessions.end(shown.token, now);
    return null;
  }

  stillMay({ way, principal, mark }: ConsoleSession, certificates: readonly string[], now: number): Principal | null {
    const person = this.options.people.named(way, principal.name, certificates, now);
    return person !== null && person.mark === mark ? person.principal : null;
  }

  end(token: string, now: number): Promise<void> {
    return this.options.sessions.end(token, now);
  }

  endAll({ way, principal }: ConsoleSession, now: number): Promise<number> {
    return this.options.sessions.endAll(way, principal.name, now);
  }

  private async judge(given: Credentials, caller: Caller, now: number): Promise<Judged> {
    const { people } = this.options;
    if (!people.ways.includes(given.way)) return { kind: 'refused', name: null };
    if (given.way === 'key') return this.judgeKey(given.key, caller, now);
    if (given.way === 'password') return this.judgePassword(given.name, given.password, caller, now);
    return { kind: 'known', person: people.named('open', 'local', [], now)! };
  }

  private judgeKey(key: string, { address, certificates, requestId }: Caller, now: number): Judged {
    const { people, wrongKeys, onExpired } = this.options;
    let name: string | null = null;
    const person = people.byKey(key, certificates, now, (expired) => {
      name = expired;
      onExpired(expired, requestId);
    });
    if (person !== null) return { kind: 'known', person };
    const allowance = wrongKeys?.note(address, now, requestId) ?? null;
    return allowance?.allowed === false ? { kind: 'limited', name, wait: allowance.wait } : { kind: 'refused', name };
  }

  private async judgePassword(name: string, password: string, { address }: Caller, now: number): Promise<Judged> {
    const { people, passwords, limits } = this.options;
    const user = people.userOf(name);
    // A text that is nobody's name may be a password in the wrong place.
    const known = user === null ? null : name;
    const taken = [
      ...(address === undefined ? [] : [limits.address.take(networkOf(address), now)]),
      limits.name.take(name, now),
    ];
    const refused = taken.find(({ allowed }) => !allowed);
    if (refused !== undefined) return { kind: 'limited', name: known, wait: refused.wait };
    try {
      const matches = await passwords.matches(password, user?.password ?? people.nobody);
      // The password, and not the check before it, tells that the user has expired.
      const person = matches && user !== null ? people.named('password', name, [], now) : null;
      return person === null ? { kind: 'refused', name: known } : { kind: 'known', person };
    } catch (error) {
      if (error instanceof TooManyChecks) return { kind: 'busy' };
      throw error;
    }
  }
}
