/**
 * The session of one page, for frameworks without a session API of their own: opened by the token of the cookie, changed by the
 * page, saved at its end. `setCookie` is what the page then has to send, if anything.
 *
 * A session begins when there is something to keep, with a token of the server. A token that opens nothing is never taken over. The
 * cookie is taken away only when the server said that there is no such session.
 */
import { SessionNotFoundError } from '../errors.ts';
import type { Rotation, Session, SessionClient } from '../index.ts';
import { type Changes, changesBetween, type Texts, textsOf } from './changes.ts';
import type { Carrier } from './cookie.ts';
import { type Device, takenOf } from './device.ts';
import { InTurn } from './in-turn.ts';
import type { OwnNames } from './own-names.ts';
import { endedError } from './page-error.ts';
import type { TouchTimes } from './touch-times.ts';

type Data = Record<string, unknown>;
/** What a login may bring beside the subject. */
export type Login = Omit<Rotation, 'token' | 'subject' | 'grace'>;

/** What the pages of an application have in common. */
export interface Site {
  readonly client: SessionClient;
  readonly touches: TouchTimes;
  /** Of the framework. */
  readonly names: OwnNames;
}

export class PageSession<Cookie = string> {
  /** What the application keeps, without what frameworks keep. Changes are saved by top-level key. It stays the same object until a logout. */
  data: Data = {};
  /** What the answer needs for the cookie: a `Set-Cookie` text. Absence: null. */
  setCookie: Cookie | null = null;
  private readonly client: SessionClient;
  private readonly names: OwnNames;
  private readonly cookie: Carrier<Cookie>;
  private readonly device: Device;
  private readonly turns = new InTurn();
  private token: string | undefined;
  private opened: Session | null = null;
  private texts: Texts = new Map();

  private constructor({ client, names }: Site, cookie: Carrier<Cookie>, device: Device) {
    this.client = client;
    this.names = names;
    this.cookie = cookie;
    this.device = takenOf(device);
  }

  /** Opens the session of a token, and says that someone is there. */
  static async open<Cookie>(
    site: Site,
    cookie: Carrier<Cookie>,
    token: string | undefined,
    device: Device,
  ): Promise<PageSession<Cookie>> {
    const { client, touches } = site;
    const page = new PageSession(site, cookie, device);
    if (token === undefined) return page;
    const touch = touches.isDue(token);
    const session = await client.get(token, { touch, gather: true }).catch((error) => {
      if (!(error instanceof SessionNotFoundError)) throw error;
      if (error.status === 404) page.setCookie = cookie.clear();
      return null;
    });
    if (session !== null) {
      if (touch) touches.note(token, session.idleTimeout);
      page.take(token, session);
      // A browser counts the life of a cookie from when it was set last.
      if (touch && cookie.isPersistent) page.setCookie = cookie.set(token, session.idleTimeout);
    }
    return page;
  }

  /** Absence: null while nobody has logged in. */
  get subject(): string | null {
    return this.opened?.subject ?? null;
  }

  /** The public id: safe to log and show. Absence: null before the session is saved for the first time. */
  get id(): string | null {
    return this.opened?.id ?? null;
  }

  /** The session as it was last read or saved, with the data that the application has. Absence: null before it is saved for the first time. */
  get session(): Session | null {
    return this.opened;
  }

  /** Logs someone in: a new token, the subject, and the data goes along. Errors: SessionNotFoundError, also when another page was faster. */
  login(subject: string, login: Login = {}): Promise<void> {
    return this.turns.do(this, () => this.rotate(subject, login));
  }

  private async rotate(subject: string, login: Login): Promise<void> {
    const { set, unset } = this.changesTo(textsOf(this.data));
    const data = { ...set, ...this.names.keptOf(login.data ?? {}) };
    const known = { ...this.device, ...login, data, subject };
    const logsIn = this.token === undefined ? this.client.create(known) : this.client.rotate(this.token, known);
    const { token, session } = await logsIn.catch((error) => {
      throw endedError(error);
    });
    this.begin(token, session);
    if (unset.length > 0) this.take(token, await this.client.patch(token, { unset }));
  }

  /** Logs out: ends the session. */
  logout(): Promise<void> {
    return this.turns.do(this, async () => {
      if (this.token !== undefined) await this.client.revoke(this.token);
      this.forget();
    });
  }

  /** Logs the subject out on all devices, here too. Gives how many sessions were ended. */
  async logoutEverywhere(): Promise<number> {
    const { subject } = this;
    if (subject === null) return 0;
    const ended = await this.client.revokeSubject(subject);
    this.forget();
    return ended;
  }

  /** Begins the session even if there is nothing to keep. */
  start(): Promise<void> {
    return this.turns.do(this, () => (this.token === undefined ? this.create() : this.saveChanges()));
  }

  /** Lets the session last so many seconds without activity, and the cookie as long. */
  async lastFor(idleTimeout: number): Promise<void> {
    if (this.token === undefined || this.opened === null) return;
    if (this.opened.idleTimeout !== idleTimeout)
      this.opened = this.shown(await this.client.touch(this.token, { idleTimeout }));
    this.setCookie = this.cookie.set(this.token, idleTimeout, true);
  }

  /** Gives the `Set-Cookie` text for the session as it is. Absence: null when there is none. */
  get ownCookie(): Cookie | null {
    if (this.token === undefined || this.opened === null) return null;
    return this.setCookie ?? this.cookie.set(this.token, this.opened.idleTimeout);
  }

  /** Saves what has changed, and begins the session when there is something to keep. Errors: SessionNotFoundError when it was ended meanwhile. */
  save(): Promise<void> {
    return this.turns.do(this, () => this.saveChanges());
  }

  private async saveChanges(): Promise<void> {
    const now = textsOf(this.data);
    const { set, unset } = this.changesTo(now);
    if (Object.keys(set).length === 0 && unset.length === 0) return;
    if (this.token === undefined) return this.create();
    const change = { ...(Object.keys(set).length > 0 && { set }), ...(unset.length > 0 && { unset }) };
    this.opened = this.shown(await this.client.patch(this.token, change));
    this.texts = now;
  }

  private async create(): Promise<void> {
    const texts = textsOf(this.data);
    const { token, session } = await this.client.create({ ...this.device, data: this.changesTo(texts).set });
    this.hold(token, this.shown(session), texts);
    this.setCookie = this.cookie.set(token, session.idleTimeout);
  }

  /** Goes on with a token that the browser does not have yet. */
  private begin(token: string, session: Session): void {
    this.take(token, session);
    this.setCookie = this.cookie.set(token, session.idleTimeout);
  }

  private take(token: string, read: Session): void {
    const session = this.shown(read);
    this.hold(token, session, textsOf(session.data));
    // In place: the application may have the object in a variable.
    for (const key of Object.keys(this.data)) delete this.data[key];
    Object.defineProperties(this.data, Object.getOwnPropertyDescriptors(session.data));
  }

  /** Gives what has changed, by the keys on the server. */
  private changesTo(texts: Texts): Changes {
    const { set, unset } = changesBetween(this.texts, texts);
    return { set: this.names.keptOf(set), unset: unset.map((name) => this.names.kept(name)) };
  }

  /** Gives a session with the data that the application has. */
  private shown(session: Session): Session {
    return { ...session, data: this.names.shown(session.data) };
  }

  private hold(token: string, session: Session, texts: Texts): void {
    this.token = token;
    this.opened = session;
    this.texts = texts;
  }

  private forget(): void {
    this.token = undefined;
    this.opened = null;
    this.data = {};
    this.texts = new Map();
    this.setCookie = this.cookie.clear();
  }
}
