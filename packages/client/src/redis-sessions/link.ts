/**
 * Whether the server is there, as the library tells it of its Redis: `connect` and `disconnect`. HTTP has no connection to lose, so this is what
 * the calls find, and while it is lost, what a look every now and then finds. It holds no process open.
 */
import { SessionServerLostError, SessionTimeoutError } from '../errors.ts';

/** Units: milliseconds. */
const FIRST_LOOK = 250;
const LAST_LOOK = 30_000;

export class Link {
  readonly #look: () => Promise<void>;
  readonly #tell: (event: 'connect' | 'disconnect') => void;
  #state: 'new' | 'there' | 'lost' | 'ended' = 'new';
  /** Absence: undefined when no look is on its way. */
  #looking: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = FIRST_LOOK;

  constructor(look: () => Promise<void>, tell: (event: 'connect' | 'disconnect') => void) {
    this.#look = look;
    this.#tell = tell;
  }

  get isThere(): boolean {
    return this.#state === 'there';
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Resolves when the server has answered, before the first call or since it was lost. Errors: what the look found. */
  async ready(): Promise<void> {
    if (this.#state === 'there') return;
    this.#looking ??= this.#look().then(
      () => {
        this.#looking = undefined;
        this.#found();
      },
      (error) => {
        this.#looking = undefined;
        this.#lost();
        throw error;
      },
    );
    await this.#looking;
  }

  /** Takes note of what a call failed with. Of calls that fail together the first one tells, and has the next look waited for. */
  failed(error: unknown): void {
    if (this.#state === 'lost') return;
    if (error instanceof SessionServerLostError || error instanceof SessionTimeoutError) this.#lost();
  }

  end(): void {
    this.#state = 'ended';
    clearTimeout(this.#timer);
  }

  #found(): void {
    if (this.#state === 'ended') return;
    clearTimeout(this.#timer);
    this.#pause = FIRST_LOOK;
    const isNews = this.#state !== 'there';
    this.#state = 'there';
    if (isNews) this.#tell('connect');
  }

  #lost(): void {
    if (this.#state === 'ended') return;
    const isNews = this.#state !== 'lost';
    this.#state = 'lost';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ready().catch(() => {}), this.#pause);
    // On Deno a timer is a number.
    (this.#timer as { unref?: () => void }).unref?.();
    this.#pause = Math.min(2 * this.#pause, LAST_LOOK);
    if (isNews) this.#tell('disconnect');
  }
}
