/** What an examination of a store found: by the warnings of a running server, and by `rest-sessions doctor`. */

export interface Finding {
  /**
   * `setting`: the engine is set up so that sessions may be lost, or seen by others. `state`: what happens to it now.
   * `fault`: keys that do not agree.
   */
  readonly kind: 'setting' | 'state' | 'fault';
  /** A constant word, to filter by. */
  readonly code: string;
  /** A server, a key, an entry. Never a token, a hash of one, or data. */
  readonly where: string;
  /** What is wrong and what it leads to: one sentence without a full stop. It may hold figures that change. */
  readonly message: string;
}
