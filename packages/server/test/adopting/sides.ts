/** Both sides in one process: a store of ours with adoption around it, as a server has it, as often as wanted; no HTTP. */
import { type Adoption, openAdoption } from '../../src/adopting/adoption.ts';
import type { SessionStore } from '../../src/core/store.ts';
import type { Log } from '../../src/log/log.ts';
import type { Cleanup } from '../support/server.ts';

export interface Lines {
  readonly level: 'info' | 'warn' | 'error';
  readonly members: Record<string, unknown>;
  readonly text: string;
}

/** Opens what a server process has. `port`: of the old Redis. */
export async function adopting(
  cleanup: Cleanup,
  store: SessionStore,
  port: number,
  { timeout = 30_000, lead = false, lines = [] as Lines[] } = {},
): Promise<Adoption> {
  const line = (level: Lines['level']) => (members: Record<string, unknown>, text: string) =>
    void lines.push({ level, members, text });
  const log = { info: line('info'), warn: line('warn'), error: line('error') } as unknown as Log;
  const url = `redis://127.0.0.1:${port}/0`;
  const from = { url, namespace: 'rs', shown: `${url}, namespace rs` };
  const adoption = await openAdoption({ from, tls: {}, timeout, store, clock: Date.now, log });
  const stop = lead ? adoption.lead() : null;
  cleanup.after(async () => {
    adoption.close();
    await stop?.();
  });
  return adoption;
}
