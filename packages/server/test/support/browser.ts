/** A browser, as far as login sessions need one: a cookie jar for one host, forms, redirects. It runs no scripts. */
import assert from 'node:assert/strict';

export interface Shown {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** The Set-Cookie headers of the answer itself, not of a page it led to. */
  readonly setCookies: readonly string[];
}

export class Browser {
  readonly userAgent: string;
  /** Absence: no cookie. One jar whatever the port, as browsers have it. */
  readonly cookies = new Map<string, string>();

  constructor(userAgent: string) {
    this.userAgent = userAgent;
  }

  /** Opens a page. */
  open(url: string): Promise<Shown> {
    return this.send('GET', url);
  }

  /** Sends a form and gives the answer to it; `open` what it redirects to. */
  submit(url: string, form: Record<string, string> = {}): Promise<Shown> {
    return this.send('POST', url, new URLSearchParams(form));
  }

  private async send(method: string, url: string, body?: URLSearchParams): Promise<Shown> {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ');
    const headers = { 'User-Agent': this.userAgent, ...(cookie !== '' && { Cookie: cookie }) };
    const answer = await fetch(url, { method, headers, redirect: 'manual', ...(body !== undefined && { body }) });
    const setCookies = answer.headers.getSetCookie();
    for (const line of setCookies) this.keep(line);
    return { status: answer.status, text: await answer.text(), headers: answer.headers, setCookies };
  }

  private keep(line: string): void {
    const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? assert.fail(`no cookie: ${line}`);
    if (/; *max-age=0(;|$)/i.test(line)) this.cookies.delete(name!);
    else this.cookies.set(name!, value!);
  }
}
