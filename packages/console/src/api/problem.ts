/** An answer that is an error, or no answer. The code is the server's; `away` is ours: nothing answered that is the server. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  /** The server's own sentence. Shown as text, never as markup. */
  readonly detail: string;
  /** Seconds after which to try again. Absence: null. */
  readonly retryAfter: number | null;

  constructor(status: number, code: string, detail: string, retryAfter: number | null = null) {
    super(`${code}: ${detail}`);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later: the banner tries again by itself. */
  get isAway(): boolean {
    return this.code === 'away' || this.code === 'store_unavailable';
  }
}

/** Reads an answer that is not good. */
export async function problemOf(answer: Response): Promise<Problem> {
  const seconds = Number(answer.headers.get('Retry-After') ?? Number.NaN);
  const after = Number.isFinite(seconds) ? seconds : null;
  const body: unknown = await answer.json().catch(() => null);
  const { code, detail } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  // A proxy in between answers with pages of its own.
  if (typeof code !== 'string') return new Problem(answer.status, answer.status >= 500 ? 'away' : 'unknown', '', after);
  return new Problem(answer.status, code, typeof detail === 'string' ? detail : '', after);
}
