/** Rules 1 to 6 and 8 of all adapters (adapters/contract), played through an application of each framework. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Page, type Play, startFakeServer, vectors } from '../../../adapters/contract/fake-server.mjs';
import { forAllTests } from '../../server/test/support/redis.ts';
import { type Outcome, PLAYERS, type Player } from './contract/players.ts';
import { skip } from './frameworks.ts';

/** What no HTTP client can put into a header, no visitor can send. */
const UNSENDABLE = /[\0\r\n]/;

/** @fastify/session saves once more when the page of an error is sent, and again when that fails. What it writes is the same. */
const SAVED_AGAIN = /^(?:PATCH|PUT) .*: no further request was expected$/;

describe('the rules of all adapters', { skip }, () => {
  const server = forAllTests(async (cleanup) => {
    const started = await startFakeServer();
    cleanup.after(() => started.close());
    return started;
  });

  for (const [name, start] of Object.entries(PLAYERS)) {
    for (const rule of [...new Set(vectors().map((vector) => vector.rule))]) {
      test(`${name}: rule ${rule}`, async (t) => {
        for (const vector of vectors()) {
          if (vector.rule !== rule) continue;
          const play = await begin(server().url, vector.name);
          const player = await start(t, { url: server().url, app: play.app });
          await through(player, play);
          const { faults } = (await (await fetch(`${server().url}/contract/plays/${play.app}`)).json()) as {
            faults: string[];
          };
          const real = name === 'fastify' ? faults.filter((fault) => !SAVED_AGAIN.test(fault)) : faults;
          assert.deepEqual(real, [], vector.name);
        }
      });
    }
  }
});

async function begin(url: string, vector: string): Promise<Play> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ vector }) };
  return (await (await fetch(`${url}/contract/plays`, init)).json()) as Play;
}

/** Goes through the pages of a vector as one visitor. */
async function through(player: Player, { name, pages }: Play): Promise<void> {
  let token: string | undefined;
  for (const page of pages) {
    if (page.cookie !== undefined) token = page.cookie;
    if (token !== undefined && UNSENDABLE.test(token)) continue;
    const before = token;
    const outcome = await visited(player, token, page, name);
    for (const text of outcome.setCookie) token = player.tokenIn(text);
    look(outcome, page, { before, token, name });
  }
}

async function visited(player: Player, token: string | undefined, page: Page, name: string): Promise<Outcome> {
  const seen: [unknown, unknown][] = [];
  const outcome = await player.visit(token, async (deeds) => {
    for (const [deed, key, value, inner] of page.does as readonly [string, string, unknown, unknown][]) {
      if (deed === 'see') seen.push([deeds.see(key) ?? null, value]);
      else if (deed === 'set') deeds.set(key, structuredClone(value));
      else if (deed === 'set-inside') deeds.set(key, { ...(deeds.see(key) as object), [value as string]: inner });
      else if (deed === 'unset') deeds.unset(key);
      else await (deed === 'login' ? deeds.login(key) : deeds.logout());
    }
  });
  for (const [is, wanted] of seen) assert.deepEqual(is, wanted, name);
  return outcome;
}

function look(
  { error, setCookie }: Outcome,
  page: Page,
  told: { before?: string | undefined; token?: string | undefined; name: string },
) {
  const { before, token, name } = told;
  const ends = error === null ? 'well' : error.code === 'session_not_found' ? 'told' : 'error';
  const wanted = page.ends === 'well or error' ? ['well', 'error'] : [page.ends];
  assert.ok(wanted.includes(ends), `${name} ended ${ends}, not ${page.ends}: ${error?.stack}`);
  // Some frameworks set the same cookie again with each save.
  if (page.setCookie === 'none') assert.equal(token, before, name);
  if (page.setCookie === 'new') assert.ok(token !== undefined && token !== before, `${name}: no new token`);
  if (page.setCookie === 'none or cleared') assert.ok(setCookie.length === 0 || token === undefined, name);
}
