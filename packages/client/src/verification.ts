/**
 * Checks of one turn of the event loop, gathered into one request: a page that asks for the same session in ten places, or a
 * gateway with a hundred requests in hand, sends one. A token that is asked for twice in it is sent once.
 */
import { type Answer, send } from './connection.ts';
import { SessionConfigurationError } from './errors.ts';
import type { NearCache } from './near-cache.ts';
import type { Settings } from './options.ts';
import { afterThisTurn } from './platform-transport.ts';
import type { Session } from './types.ts';

/** Most tokens of one call to the server. */
const MOST = 500;

interface Waiting {
  readonly resolve: (session: Session | null) => void;
  readonly reject: (error: unknown) => void;
}

type Batch = Map<string, Waiting[]>;

const nextTurn = afterThisTurn ?? ((run: () => void) => setTimeout(run, 0));

export class Verification {
  private readonly settings: () => Settings;
  private readonly near: () => NearCache | null;
  /** By whether the reads count as activity. */
  private readonly batches = new Map<boolean, Batch>();

  /** `near`: what may keep the answers, or null. */
  constructor(settings: () => Settings, near: () => NearCache | null) {
    this.settings = settings;
    this.near = near;
  }

  /** Gives the session that a token opens. Absence: null. Errors: those of the call, for all of its tokens. */
  check(token: string, touch: boolean): Promise<Session | null> {
    return new Promise((resolve, reject) => {
      const batch = this.batchFor(touch);
      const waiting = batch.get(token);
      if (waiting === undefined) batch.set(token, [{ resolve, reject }]);
      else waiting.push({ resolve, reject });
      if (batch.size >= MOST) this.flush(touch);
    });
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
    const waiting = [...batch.values()];
    this.ask([...batch.keys()], touch).then(
      (sessions) => {
        for (const [i, callers] of waiting.entries()) for (const { resolve } of callers) resolve(sessions[i]!);
      },
      (error) => {
        for (const { reject } of waiting.flat()) reject(error);
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
    const { results } = body as { results: { session?: Session }[] };
    // Never taken for "no session": a caller would log its users out.
    if (!Array.isArray(results) || results.length !== tokens.length) {
      const message = `there is no REST-Sessions server at ${settings.base}: it did not answer for each token`;
      throw new SessionConfigurationError('not_rest_sessions', message, { status: 200 });
    }
    return { headers, sessions: results.map(({ session }) => session ?? null) };
  }
}
