/**
 * Reads of one turn of the event loop, gathered into one request: a page that asks for the same session in ten places, a gateway or an
 * application with a hundred requests in hand, sends one. A token that is asked for twice in it is sent once.
 */
import type { GatheredReadOptions, Presented } from './call-options.ts';
import { type Answer, send } from './connection.ts';
import { SessionConfigurationError, SessionError, SessionNotFoundError } from './errors.ts';
import type { NearCache } from './near-cache.ts';
import type { Settings } from './options.ts';
import { afterThisTurn, servesManyAtOnce } from './platform-transport.ts';
import { isToken } from './request-parts.ts';
import type { Session } from './types.ts';

/** Most tokens of one call, as the server takes them. */
const MOST = 500;
/** The same of pages, which need whole sessions: what comes back is parsed in one go, with the largest data some megabytes. */
const MOST_OF_PAGES = 100;

/**
 * After these each token is read alone: they may be about one session of many, or about the call itself, of a proxy that lets no POST
 * or no large body through.
 */
const READ_ALONE = [
  ...['store_unavailable', 'internal_error'],
  ...['session_not_found', 'body_too_large', 'not_rest_sessions', 'wrong_version'],
];
/** How long reads go alone after a call for many has failed. Units: milliseconds. */
const ALONE_FOR = 5000;
/** Tokens of a call, however many calls have failed. */
const FEWEST = 2;

interface Waiting {
  readonly resolve: (session: Session | null) => void;
  readonly reject: (error: unknown) => void;
}

type Batch = Map<string, Waiting[]>;
/** Reads the session of one token. Absence: null. */
export type Read = (token: string, touch: boolean) => Promise<Session | null>;

const nextTurn = afterThisTurn ?? ((run: () => void) => setTimeout(run, 0));

export interface Gathering {
  /** What may keep the answers, or null. Default: nothing does. */
  readonly near?: () => NearCache | null;
  /** How a token is read that has the turn for itself. Default: like many. */
  readonly alone?: Read;
  /** Most tokens of one call. Default: what the server takes. */
  readonly most?: number;
}

/** Gives the reads of pages. */
export function readsOfPages(settings: () => Settings, alone: Read): GatheredReads {
  return new GatheredReads(settings, { alone, most: MOST_OF_PAGES });
}

/** Tells whether a read may be gathered with others. */
export function mayGather(token: Presented, { gather, signal }: GatheredReadOptions): token is string {
  return gather === true && servesManyAtOnce && signal === undefined && isToken(token);
}

export class GatheredReads {
  private readonly settings: () => Settings;
  private readonly near: () => NearCache | null;
  private readonly alone: Read | undefined;
  private readonly most: number;
  /** By whether the reads count as activity. */
  private readonly batches = new Map<boolean, Batch>();
  /** How many tokens the next call has at most: fewer after one that failed, more again after one that did not. */
  private limit: number;
  /** By `performance.now()`. */
  private aloneUntil = 0;

  constructor(settings: () => Settings, { near = () => null, alone, most = MOST }: Gathering) {
    this.settings = settings;
    this.near = near;
    this.alone = alone;
    this.most = most;
    this.limit = most;
  }

  /** Gives the session that a token opens. Absence: null. Errors: those of the call; without `alone` for all of its tokens. */
  read(token: string, touch: boolean): Promise<Session | null> {
    if (this.alone !== undefined && performance.now() < this.aloneUntil) return this.alone(token, touch);
    return new Promise((resolve, reject) => {
      const batch = this.batchFor(touch);
      const waiting = batch.get(token);
      if (waiting === undefined) batch.set(token, [{ resolve, reject }]);
      else waiting.push({ resolve, reject });
      if (batch.size >= this.limit) this.flush(touch);
    });
  }

  /** Gives the session that a token opens. Errors: as `read`; SessionNotFoundError. */
  async get(token: string, touch: boolean): Promise<Session> {
    const session = await this.read(token, touch);
    if (session === null) throw new SessionNotFoundError();
    return session;
  }

  private batchFor(touch: boolean): Batch {
    let batch = this.batches.get(touch);
    if (batch === undefined) {
      batch = new Map();
      this.batches.set(touch, batch);
      const opened = batch;
      nextTurn(() => this.batches.get(touch) === opened && this.flush(touch));
    }
    return batch;
  }

  private flush(touch: boolean): void {
    const batch = this.batches.get(touch)!;
    this.batches.delete(touch);
    const { alone } = this;
    const eachAlone = (read: Read) => {
      for (const [token, callers] of batch) answer(callers, read(token, touch));
    };
    if (alone !== undefined && batch.size === 1) {
      eachAlone(alone);
      return;
    }
    this.ask([...batch.keys()], touch).then(
      (sessions) => {
        this.limit = Math.min(this.most, this.limit * 2);
        for (const [i, callers] of [...batch.values()].entries()) answer(callers, Promise.resolve(sessions[i]!));
      },
      (error) => {
        this.limit = Math.max(FEWEST, this.limit >> 2);
        this.aloneUntil = performance.now() + ALONE_FOR;
        eachAlone(alone !== undefined && mayBeReadAlone(error) ? alone : () => Promise.reject(error));
      },
    );
  }

  private async ask(tokens: string[], touch: boolean): Promise<(Session | null)[]> {
    const near = this.near();
    const asked = near?.ask();
    try {
      const { headers, sessions } = await this.answers(tokens, touch);
      for (const [i, session] of sessions.entries()) {
        if (session !== null) near?.keep(asked!, tokens[i]!, session, touch, headers.get('Date'));
      }
      return sessions;
    } finally {
      near?.settle();
    }
  }

  private async answers(tokens: string[], touch: boolean) {
    const settings = this.settings();
    const { body, headers }: Answer = await send(settings, {
      method: 'POST',
      path: `${settings.appPath}/sessions:verify`,
      body: touch ? { tokens, touch } : { tokens },
      answerHas: 'results',
      // Counting a read twice does no harm.
      isRepeatable: true,
    });
    const { results } = body as { results: Result[] };
    // Never taken for "no session": a caller would log its users out.
    if (!Array.isArray(results) || results.length !== tokens.length || !results.every(isResult)) {
      const message = `there is no REST-Sessions server at ${settings.base}: it did not answer for each token`;
      throw new SessionConfigurationError('not_rest_sessions', message, { status: 200 });
    }
    return { headers, sessions: results.map(({ active, session }) => (active ? session! : null)) };
  }
}

interface Result {
  readonly active: boolean;
  readonly session?: Session;
}

function isResult(result: Result | null): boolean {
  return result?.active === false || (result?.active === true && Object.hasOwn(result.session ?? {}, 'idleTimeout'));
}

function mayBeReadAlone(error: unknown): boolean {
  if (!(error instanceof SessionError)) return false;
  const { code, status } = error;
  // A proxy that has lost its server sends a read to another one, and a POST mostly not.
  const isOfProxy = code === 'unreachable' && status !== null && status !== 429;
  return isOfProxy || READ_ALONE.includes(code);
}

/** Each gets an object of its own: whoever asks may do with a session what they like. */
function answer(callers: readonly Waiting[], reading: Promise<Session | null>): void {
  reading
    .then((session) => {
      const text = callers.length > 1 ? JSON.stringify(session) : '';
      for (const [i, { resolve }] of callers.entries()) resolve(i === 0 ? session : JSON.parse(text));
    })
    .catch((error) => {
      for (const { reject } of callers) reject(error);
    });
}
