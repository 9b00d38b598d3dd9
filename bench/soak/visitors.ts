/**
 * Who comes during a soak: visitors log in, look at pages, put something into their session, and after a while go, half of them with a
 * logout, half without, so that their sessions expire. As many come as go: the number of sessions is steady.
 *
 * Of 20 requests 13 are reads that touch (classic), 2 read some members without a touch (v1), 1 touches, 2 change data (classic and v1
 * in turns), 1 creates (in turns, too), and 1 is a logout, or a list of the sessions of a user.
 *
 * No session is asked for after its logout was sent: an answer other than 200 is always wrong.
 */
import { DATA } from '../sessions.ts';

export const APP = 'soak';
/** How long a visitor looks at pages. Units: milliseconds. */
export const VISIT = 40_000;
/** After so long without a request a session expires; each visitor is back sooner. Units: seconds. */
export const IDLE_TIMEOUT = 30;
/** Some log in more than once. */
const USERS = 50_000;

export interface Request {
  readonly bytes: string;
  /** Judges the answer, and learns from it. False: it is wrong. */
  readonly judge: (status: number, body: string) => boolean;
}

interface Visitor {
  readonly user: string;
  readonly token: string;
  /** Units: milliseconds, of performance.now(). */
  readonly since: number;
  /** Requests that have no answer yet. */
  waiting: number;
}

export class Visitors {
  /** Those who are here, the longest first; those before `#head` have gone. */
  readonly #all: Visitor[] = [];
  #head = 0;
  #turn = 0;
  #user = 0;
  #reads = 0;
  /** Whose turn it is to be touched. */
  #next = 0;
  #gone = 0;

  /** How many are here: the sessions of those who left without a logout come on top. */
  get here(): number {
    return this.#all.length - this.#head;
  }

  /** Gives the next request of anybody. */
  next(): Request {
    const turn = this.#turn++;
    if (turn % 20 === 0 || this.here === 0) return this.#login(turn % 40 === 0);
    switch (turn % 20) {
      case 4:
      case 14:
        return this.#change(turn % 20 === 4);
      case 7:
      case 17:
        return this.#look();
      case 10:
        return this.#touch();
      case 12:
        return this.#leave();
      default:
        return this.#read();
    }
  }

  #read(): Request {
    const visitor = this.#reads++ % 2 === 0 ? this.#inTurn() : this.#someone();
    const begin = `{"id":"${visitor.user}",`;
    return this.#of(visitor, text('GET', `/${APP}/get/${visitor.token}`), (body) => body.startsWith(begin));
  }

  #look(): Request {
    const visitor = this.#someone();
    const target = `/v1/apps/${APP}/session/fields?fields=subject`;
    const all = `{"subject":"${visitor.user}"}`;
    return this.#of(visitor, text('GET', target, tokenOf(visitor)), (body) => body === all);
  }

  #touch(): Request {
    const visitor = this.#someone();
    return this.#of(visitor, text('POST', `/v1/apps/${APP}/session/touch`, tokenOf(visitor)), () => true);
  }

  #change(classic: boolean): Request {
    const visitor = this.#someone();
    const seen = `{"theme":"dark","visits":${this.#turn}}`;
    return classic
      ? this.#of(visitor, text('POST', `/${APP}/set/${visitor.token}`, '', seen), () => true)
      : this.#of(visitor, text('PATCH', `/v1/apps/${APP}/session`, tokenOf(visitor), `{"set":${seen}}`), (body) =>
          body.includes(`"subject":"${visitor.user}"`),
        );
  }

  #login(classic: boolean): Request {
    const user = `user${this.#user++ % USERS}`;
    const bytes = classic
      ? text('PUT', `/${APP}/create/${user}?ip=192.0.2.7&ttl=${IDLE_TIMEOUT}`, '', DATA)
      : text(
          'POST',
          `/v1/apps/${APP}/sessions`,
          '',
          `{"subject":"${user}","ip":"192.0.2.7","idleTimeout":${IDLE_TIMEOUT},"data":${DATA}}`,
        );
    const judge = (status: number, body: string) => {
      const token = /^\{"token":"([^"]+)"/.exec(body)?.[1];
      if (Math.floor(status / 100) !== 2 || token === undefined) return false;
      this.#all.push({ user, token, since: performance.now(), waiting: 0 });
      return true;
    };
    return { bytes, judge };
  }

  /** Those who have been here for a whole visit go. One who logs out takes the turn; nobody there: a list of a user's sessions. */
  #leave(): Request {
    if (this.#head > this.#all.length / 2) {
      this.#all.splice(0, this.#head);
      this.#next -= this.#head;
      this.#head = 0;
    }
    const until = performance.now() - VISIT;
    for (let oldest = this.#all[this.#head]; oldest && oldest.since <= until; oldest = this.#all[this.#head]) {
      // A logout that overtakes a read would make the answer to that read a 404.
      if (oldest.waiting > 0) break;
      this.#head++;
      if (this.#gone++ % 2 === 1) return this.#logout(oldest, this.#gone % 4 === 0);
    }
    const visitor = this.#someone();
    const target = `/v1/apps/${APP}/subjects/${visitor.user}/sessions`;
    return this.#of(visitor, text('GET', target), (body) => body.includes(`"subject":"${visitor.user}"`));
  }

  #logout(visitor: Visitor, classic: boolean): Request {
    return classic
      ? this.#of(visitor, text('DELETE', `/${APP}/kill/${visitor.token}`), (body) => body === '{"kill":1}')
      : this.#of(
          visitor,
          text('DELETE', `/v1/apps/${APP}/session`, tokenOf(visitor)),
          (body) => body === '{"revoked":1}',
        );
  }

  #someone(): Visitor {
    return this.#all[this.#head + Math.floor(Math.random() * this.here)]!;
  }

  /** One after the other, so that the session of each is touched before it expires. */
  #inTurn(): Visitor {
    if (this.#next < this.#head || this.#next >= this.#all.length) this.#next = this.#head;
    return this.#all[this.#next++]!;
  }

  #of(visitor: Visitor, bytes: string, isRight: (body: string) => boolean): Request {
    visitor.waiting++;
    const judge = (status: number, body: string) => {
      visitor.waiting--;
      return status === 200 && isRight(body);
    };
    return { bytes, judge };
  }
}

function tokenOf({ token }: Visitor): string {
  return `Session-Token: ${token}\r\n`;
}

function text(method: string, target: string, headers = '', body = ''): string {
  const sent =
    body === '' ? 'Content-Length: 0\r\n' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  return `${method} ${target} HTTP/1.1\r\nHost: x\r\n${headers}${method === 'GET' ? '' : sent}\r\n${body}`;
}
