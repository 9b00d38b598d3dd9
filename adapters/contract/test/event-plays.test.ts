import assert from 'node:assert/strict';
import { after as afterAll, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { eventVectors, piecesOf } from '../event-plays.mjs';
import { startFakeServer } from '../fake-server.mjs';

const { streams, pages } = eventVectors();

test('the vectors of events have a name of their own, a sentence, and only words that README explains', () => {
  const all = [...streams, ...pages];
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  assert.ok(streams.length >= 20 && pages.length >= 5);
  for (const { name, title } of all) assert.match(title, /^[a-z0-9].{20,}[^.]$/, name);
  for (const { name, asks, connections, told } of streams) {
    for (const key of Object.keys(asks)) assert.ok(['after', 'types', 'subject', 'silence'].includes(key), name);
    for (const { stream, answer, then } of connections)
      if (stream === undefined) assert.ok(answer !== undefined && then === undefined, name);
      else assert.ok(['end', 'cut', 'stay'].includes(then ?? ''), name);
    for (const item of told) assert.ok((item.event !== undefined) !== (item.resync === true), name);
  }
  for (const { name, gives, error } of pages) assert.ok((gives === undefined) !== (error === undefined), name);
});

test('a stream is cut where its vector says, in the middle of characters, too', () => {
  const { connections } = streams.find(({ name }) => name === 'pieces-of-one-byte')!;
  const pieces = piecesOf(connections[0]!);
  assert.ok(pieces.every(({ length }) => length === 1) && pieces.some(([byte]) => byte! >= 0x80));
  assert.equal(Buffer.concat(pieces).toString(), `retry: 20\n${connections[0]!.stream}`);
});

describe('the fake server', () => {
  let server: Awaited<ReturnType<typeof startFakeServer>>;
  before(async () => {
    server = await startFakeServer();
  });
  afterAll(() => server.close());

  async function begin(t: TestContext, vector: string) {
    const init = { method: 'POST', body: JSON.stringify({ vector }) };
    const { app } = (await (await fetch(`${server.url}/contract/plays`, init)).json()) as { app: string };
    const leaving = new AbortController();
    t.after(() => leaving.abort());
    const ask = (query = '', headers: Record<string, string> = {}) =>
      fetch(`${server.url}/v1/apps/${app}/events${query}`, {
        headers: { Accept: 'text/event-stream', ...headers },
        signal: leaving.signal,
        redirect: 'manual',
      });
    const report = async () =>
      (await (await fetch(`${server.url}/contract/plays/${app}`)).json()) as {
        faults: string[];
        requests: string[];
        open: number;
      };
    return { ask, report, leave: () => leaving.abort() };
  }

  test('plays a stream that ends, one that is cut off and one that stays, until the reader leaves', async (t) => {
    const { ask, report, leave } = await begin(t, 'position-without-an-event');
    const query = '?types=session.ended';
    await assert.rejects((await ask(query)).text());
    await assert.rejects((await ask(query, { 'Last-Event-ID': 'p0' })).text());
    const last = await ask(query, { 'Last-Event-ID': 'p7' });
    const { value } = await last.body!.getReader().read();
    assert.match(Buffer.from(value!).toString(), /^retry: 20\nid: p8\ndata: \{/);
    assert.deepEqual((await report()).faults, []);
    assert.equal((await report()).open, 1);
    leave();
    while ((await report()).open > 0) await after(5);
  });

  test('says what is wrong with a reader', async (t) => {
    const early = await begin(t, 'cut-off-again-and-again');
    assert.match((await early.report()).faults.join(), /a connection is missing/);
    assert.equal((await early.ask('?after=p0')).status, 400);
    assert.match((await early.report()).faults.join(), /types must be session.created,session.ended in the query/);
    const query = `?types=session.created,session.ended&subject=${encodeURIComponent('Zoë/1 & co')}`;
    const other = await begin(t, 'cut-off-again-and-again');
    await other.ask(`${query}&after=p0`).then((answer) => answer.text().catch(() => ''));
    assert.equal((await other.ask(`${query}&after=p1`)).status, 400);
    assert.match((await other.report()).faults.join(), /Last-Event-ID must be there/);
    const lost = await begin(t, 'two-events');
    assert.equal((await lost.ask('', { 'Last-Event-ID': 'p1' })).status, 400);
    assert.match((await lost.report()).faults.join(), /the position must be null, and is p1/);
    const json = await begin(t, 'two-events');
    assert.equal((await json.ask('', { Accept: 'application/json' })).status, 400);
    assert.match((await json.report()).faults.join(), /Accept must be text\/event-stream/);
  });

  test('says so when a reader comes back before the time that it was told', async (t) => {
    const { ask, report } = await begin(t, 'server-away-for-a-while');
    const again = () => ask('', { 'Last-Event-ID': 'p1' });
    await assert.rejects((await ask()).text());
    assert.deepEqual([(await again()).status, (await again()).status], [503, 502]);
    await assert.rejects(again());
    assert.equal((await again()).headers.get('retry-after'), '1');
    assert.equal((await again()).status, 400);
    assert.match((await report()).faults.join(), /before the time that Retry-After said/);
  });

  test('plays a page', async (t) => {
    const { ask, report } = await begin(t, 'page-behind-dropped-events');
    const answer = await ask('?after=p1', { Accept: 'application/json' });
    const { resync, next } = (await answer.json()) as { resync: boolean; next: string };
    assert.deepEqual([resync, next], [true, 'p9']);
    assert.deepEqual((await report()).faults, []);
    await ask('?after=p9', { Accept: 'application/json' });
    assert.match((await report()).faults.join(), /after must be p1 in the query, and is p9/);
  });
});
