/** What a reverse proxy costs the server with each visitor: the gateway, with the token in a cookie, beside what the proxy also sends. */
import { startOurs, tokenFile } from '../contenders.ts';
import { median, rate, spread, takeTurns } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import { number } from '../table.ts';
import type { Finding, Workload } from '../workload.ts';

const PATH = `/v1/apps/${APP}/gateway?touch=true`;

export const gateway: Workload = {
  target: 'gateway',
  what: 'gateway, Redis, 10,000 sessions: CPU of the server a visitor',
  run: async (bench) => {
    const { process, redis, tokens } = await startOurs(bench, { count: 10_000, data: DATA });
    await check(process.url, tokens[0]!);
    const args = [tokenFile(bench, tokens), '0', PATH, 'Cookie: theme=dark; __Host-session={}'];
    const [rounds] = await takeTurns(bench, [
      { name: 'ours', process, stores: [redis], load: { script: 'get.lua', args } },
    ]);
    const figures = rounds!.map(({ cpu }) => cpu);
    const finding: Finding = {
      target: gateway.target,
      what: gateway.what,
      unit: 'µs',
      ours: median(figures),
      peer: null,
      ratio: null,
      goal: { bound: 'at most', value: 25 },
      spread: spread(figures),
      note: `${number(median(rounds!.map(rate)))} visitors/s`,
      details: { figures },
    };
    return { findings: [finding] };
  },
};

/** Errors: when the gateway does not let the visitor through, so that nobody measures refusals. */
async function check(url: string, token: string): Promise<void> {
  const { status, headers } = await fetch(url + PATH, { headers: { Cookie: `__Host-session=${token}` } });
  if (status !== 204 || !headers.get('session-id')) throw new Error(`${url} answers the gateway with ${status}`);
}
