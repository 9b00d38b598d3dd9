/** What the memory store keeps that is no session: memos, and locks (core/lock-table.ts). */
import type { Texts } from '../../core/lock-table.ts';
import type { Memo } from '../../core/store.ts';

export class Notes implements Texts {
  private readonly notes = new Map<string, Pick<Memo, 'text' | 'until'>>();

  /** As SessionStore.memo. */
  memo(app: string, name: string, { text, instead, until }: Memo, now: number): string | null {
    const held = this.notes.get(`${app}:${name}`);
    const present = held !== undefined && now < held.until ? held.text : null;
    if (present !== instead) return present ?? '';
    this.put(app, name, text, until);
    return null;
  }

  get(app: string, name: string): string | null {
    return this.notes.get(`${app}:${name}`)?.text ?? null;
  }

  put(app: string, name: string, text: string, until: number): void {
    this.notes.set(`${app}:${name}`, { text, until });
  }

  remove(app: string, name: string): void {
    this.notes.delete(`${app}:${name}`);
  }

  sweep(now: number): void {
    for (const [key, { until }] of this.notes) if (until <= now) this.notes.delete(key);
  }

  clear(): void {
    this.notes.clear();
  }

  dump(): string[] {
    return [...this.notes].map(([key, note]) => `memo ${key} ${JSON.stringify(note)}`);
  }
}
