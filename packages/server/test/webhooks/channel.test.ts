/** One webhook of an app against a receiver that fails in every way, with real sockets; hours of waiting are set forward. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NewEvent } from '../../src/core/events.ts';
import type { WebhookPolicy } from '../../src/core/policy.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { Channel, type News } from '../../src/webhooks/channel.ts';
import { consumersOf, noteDropped, takeDropped } from '../../src/webhooks/consumers.ts';
import { DeadLetters, MOST_DEAD } from '../../src/webhooks/dead-letters.ts';
import { MOST_WAITING } from '../../src/webhooks/lanes.ts';
import { Messages } from '../../src/webhooks/message.ts';
import { Note, stateNote, unpackState } from '../../src/webhooks/state.ts';
import { Chance } from '../support/chance.ts';
import { until } from '../support/until.ts';
import { type Answering, FakeTime, type Got, type Receiver, SECRET, startReceiver, startSender } from './receiver.ts';

const APP = 'shop';
const START = Date.UTC(2026, 0, 1);

const LETTER = { type: 'session.updated', at: 1, count: 1, version: 1, session: 's', subject: null, by: null } as const;

interface Event {
  readonly type: string;
  readonly id: string;
  readonly subject: string;
  readonly sequence: string;
  readonly data: Record<string, unknown>;
}

const eventsIn = ({ body }: Got): Event[] => [JSON.parse(body)].flat();

/** A store in memory, and channels on it that send to one receiver. */
async function bench(
  t: TestContext,
  answering: Answering,
  { batch = 1, timeout = 15_000, mostWaiting = MOST_WAITING } = {},
) {
  t.mock.timers.enable({ apis: ['Date'], now: START });
  const time = new FakeTime(START, (now) => t.mock.timers.setTime(now));
  const store = new MemoryStore({ clock: time.clock, journal: () => ({ events: true, updates: true, history: null }) });
  const receiver = await startReceiver(t, answering);
  const sender = startSender(t, timeout);
  const news: News[] = [];
  const errors: unknown[] = [];
  let sending = 0;
  const lease = { isHeld: true };
  const letters = new DeadLetters(store, APP, 'mail', time.clock);
  const webhook: WebhookPolicy = {
    ...{ name: 'mail', kind: 'events', url: receiver.url, types: null, secrets: [], batch, paused: false },
    ...{ issuer: null, audience: null },
  };
  const open = async () => {
    const channel = new Channel(
      {
        app: APP,
        journal: store.journal,
        note: stateNote(store, APP, 'mail'),
        letters,
        begin: async () => '0-0',
        dropped: () => takeDropped(store, APP, 'mail', time.clock),
        send: async (url, message) => {
          sending++;
          const outcome = await sender.send(url, message);
          sending--;
          return outcome;
        },
        mayGo: () => lease.isHeld,
        clock: time.clock,
        later: time.later,
        mostWaiting,
        chance: () => 0.5,
        onNews: (one) => news.push(one),
        onError: (error) => errors.push(error),
      },
      { messages: new Messages(APP, { webhook, secrets: [SECRET] }), url: receiver.url, batch },
    );
    await channel.load();
    return channel;
  };
  const append = async (session: string, more: Partial<NewEvent> = {}) =>
    store.journal.append(
      APP,
      { type: 'session.updated', version: 1, session, subject: 'u', by: null, ...more } as NewEvent,
      time.now,
    );
  /** Waits until nothing is under way. */
  const rest = async () => {
    for (let quiet = 0; quiet < 5; ) {
      await nextTurn();
      quiet = sending === 0 ? quiet + 1 : 0;
    }
  };
  /** As it stands in the store. */
  const state = async () => {
    const text = await stateNote(store, APP, 'mail').read(time.now);
    return text === null ? null : unpackState(text);
  };
  t.after(() => assert.deepEqual(errors, []));
  return { time, store, webhook, receiver, news, letters, lease, open, append, rest, state };
}

type Bench = Awaited<ReturnType<typeof bench>>;

/** Sets the time forward until it is so, timer by timer. */
async function forward({ time, rest }: Bench, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 20_000; i++) {
    await rest();
    if (await isSo()) return;
    assert.ok(time.toNext(), 'nothing is left to wait for');
  }
  assert.fail('not so after 20,000 timers');
}

/** What the model says of all that a receiver got: at least once, in order, and one id for one event. */
function check(receiver: Receiver, sent: ReadonlyMap<string, number>): void {
  const taken = new Map<string, number[]>();
  const bodies = new Map<string, string>();
  for (const got of receiver.got) {
    assert.equal(bodies.get(got.id) ?? got.body, got.body, 'one webhook-id is one body over all attempts');
    bodies.set(got.id, got.body);
    for (const { subject, sequence } of eventsIn(got)) {
      const list = taken.get(subject) ?? [];
      taken.set(subject, list);
      if (got.status >= 200 && got.status < 300) list.push(Number(sequence.split('.')[1]));
    }
  }
  for (const [session, count] of sent) {
    const firsts = [...new Set(taken.get(session) ?? [])];
    assert.equal(firsts.length, count, `all events of ${session}`);
    assert.deepEqual(
      firsts,
      [...firsts].sort((a, b) => a - b),
      `in order: ${session}`,
    );
  }
}

for (const batch of [1, 10]) {
  for (const seed of [1, 2, 3]) {
    test(`a receiver that fails at random gets each event in the order of its session: batches of ${batch}, run ${seed}`, async (t) => {
      const chance = new Chance(seed);
      const answers = [200, 200, 200, 204, 500, 404, 302, 0];
      const tried = new Map<string, number>();
      // Ten failures in a row are a dead letter, which is another test.
      const answering: Answering = ({ id }) => {
        tried.set(id, (tried.get(id) ?? 0) + 1);
        return tried.get(id)! % 6 === 0 ? 200 : chance.pick(answers);
      };
      const it = await bench(t, answering, { batch, timeout: 50 });
      let channel = await it.open();
      const sent = new Map<string, number>();
      for (let i = 0; i < 120; i++) {
        const session = `s${chance.below(8)}`;
        sent.set(session, (sent.get(session) ?? 0) + 1);
        await it.append(session);
        channel.wake(null);
        if (chance.percent(10)) await forward(it, () => true);
        if (!chance.percent(3)) continue;
        // Another process goes on from what stands in the store: after a stop, or as it stood half a second ago.
        channel.close();
        if (chance.percent(50)) await channel.save();
        channel = await it.open();
      }
      const all = 120;
      const received = () =>
        new Set(
          it.receiver.got
            .filter(({ status }) => status >= 200 && status < 300)
            .flatMap(eventsIn)
            .map(({ id }) => id),
        ).size;
      await forward(it, () => received() === all);
      check(it.receiver, sent);
      channel.close();
    });
  }
}

test('an event is tried ten times over 75 hours, with the delays of Standard Webhooks, and is a dead letter then', async (t) => {
  const times: number[] = [];
  const it = await bench(t, ({ body }) => {
    if (!body.includes('"s1"')) return 200;
    times.push(it.time.now);
    return 500;
  });
  const channel = await it.open();
  await it.append('s1', { type: 'session.ended', reason: 'logout', by: null, note: null, ip: null });
  await it.append('s2');
  await it.append('s1');
  channel.wake(null);
  await forward(it, async () => (await it.letters.ids()).length === 1);
  const delays = times.slice(1, 10).map((at, i) => Math.round((at - times[i]!) / 1000));
  assert.deepEqual(delays, [5, 315, 1890, 7560, 18_900, 37_800, 52_920, 75_600, 90_720], 'a jitter of half of a tenth');
  const [id] = await it.letters.ids();
  const letter = await it.letters.get(id!);
  assert.deepEqual([letter?.attempts, letter?.why, letter?.event.type], [10, 'it answered 500', 'session.ended']);
  assert.equal(
    it.receiver.got.filter(({ body }) => body.includes('"s2"')).length,
    1,
    'another session is not held back',
  );
  await it.rest();
  assert.equal(times.length, 11, 'the next one of its session is tried now');
  assert.ok(it.news.some(({ kind }) => kind === 'dead'));
  assert.equal(new Set(it.receiver.got.map(({ id }) => id)).size, 3);
  channel.close();
});

test('a receiver that says 410 gets nothing more, not from the next process either, until it is enabled', async (t) => {
  let status = 200;
  const it = await bench(t, () => status);
  let channel = await it.open();
  await it.append('s1');
  channel.wake(null);
  await forward(it, () => it.receiver.got.length === 1);
  status = 410;
  await it.append('s2');
  channel.wake(null);
  await forward(it, async () => ((await it.state())?.disabled ?? null) !== null);
  const count = it.receiver.got.length;
  await it.append('s3');
  channel.wake(null);
  channel.close();
  channel = await it.open();
  await it.append('s4');
  channel.wake(null);
  while (it.time.toNext()) await it.rest();
  assert.equal(it.receiver.got.length, count);
  assert.deepEqual(it.news, [{ kind: 'disabled' }]);
  status = 200;
  const note = stateNote(it.store, APP, 'mail');
  const { disabled, ...others } = JSON.parse((await note.read(it.time.now))!);
  assert.ok(disabled >= START);
  assert.ok(await note.write(JSON.stringify({ ...others, disabled: null }), it.time.now));
  await channel.loadIfChanged();
  await forward(it, () => it.receiver.got.length === count + 3);
  check(
    it.receiver,
    new Map([
      ['s1', 1],
      ['s2', 1],
      ['s3', 1],
      ['s4', 1],
    ]),
  );
  channel.close();
});

test('a receiver that asks for rest with 429 gets it, and no attempt is counted', async (t) => {
  let left = 30;
  const it = await bench(t, () => (left-- > 0 ? { status: 429, headers: { 'Retry-After': '60' } } : 200));
  const channel = await it.open();
  await it.append('s1');
  channel.wake(null);
  await forward(it, () => it.receiver.got.length === 31);
  assert.equal(it.time.now >= START + 30 * 60_000, true);
  assert.deepEqual(await it.letters.ids(), []);
  channel.close();
});

test('a receiver that is down is asked now and then, and has all when it is back, not hours later', async (t) => {
  let isDown = true;
  const it = await bench(t, () => (isDown ? 500 : 200));
  const channel = await it.open();
  for (let i = 0; i < 500; i++) await it.append(`s${i}`);
  channel.wake(null);
  await forward(it, () => it.time.now > START + 10 * 60_000);
  assert.ok(it.receiver.got.length < 200, `${it.receiver.got.length} requests in ten minutes`);
  assert.ok(it.news.some(({ kind }) => kind === 'down'));
  isDown = false;
  const backAt = it.time.now;
  await forward(
    it,
    () => new Set(it.receiver.got.filter(({ status }) => status === 200).map(({ id }) => id)).size === 500,
  );
  assert.ok(it.time.now - backAt <= 61_000, `${it.time.now - backAt} ms`);
  assert.ok(it.news.some(({ kind }) => kind === 'up'));
  channel.close();
});

test('what waits is bounded: then the whole webhook waits, and loses nothing', async (t) => {
  let isBad = true;
  const mostWaiting = 200;
  const it = await bench(t, ({ body }) => (isBad && body.includes('"hot"') ? 500 : 200), { mostWaiting });
  let channel = await it.open();
  const all = mostWaiting + 100;
  for (let i = 0; i < all; i++) await it.append('hot');
  await it.append('cold');
  channel.wake(null);
  await forward(it, async () => ((await it.state())?.held.length ?? 0) >= mostWaiting - 1);
  assert.ok(!it.receiver.got.some(({ body }) => body.includes('"cold"')));
  const text = (await stateNote(it.store, APP, 'mail').read(it.time.now))!;
  assert.ok(text.length < 10_000, `${text.length} characters`);
  isBad = false;
  channel.close();
  channel = await it.open();
  await forward(it, () => it.receiver.got.some(({ body }) => body.includes('"cold"')));
  check(
    it.receiver,
    new Map([
      ['hot', all],
      ['cold', 1],
    ]),
  );
  channel.close();
});

test('what waits is needed of the journal; what is dropped all the same is told as a gap', async (t) => {
  let isBad = true;
  const it = await bench(t, ({ body }) => (isBad && body.includes('"s1"') ? 500 : 200));
  const channel = await it.open();
  await it.append('s1');
  await it.append('s1');
  channel.wake(null);
  await forward(it, async () => it.receiver.got.length === 1 && ((await it.state())?.held.length ?? 0) === 1);
  const [consumer] = await consumersOf(APP, { webhooksOf: () => [it.webhook] }, it.store, it.time.now);
  assert.equal((await it.store.journal.read(APP, consumer!.position, 9)).events.length, 2, 'both are still needed');
  const { last } = await it.store.journal.extent(APP);
  await it.store.journal.trim(APP, last);
  isBad = false;
  await forward(it, () => it.receiver.got.some(({ body }) => body.includes('journal.gap')));
  const gap = eventsIn(it.receiver.got.find(({ body }) => body.includes('journal.gap'))!)[0]!;
  assert.equal(gap.data.dropped, 1);
  channel.close();
  await it.append('s2');
  await it.append('s3');
  const cut = (await it.store.journal.read(APP, last, 1)).events[0]!.position;
  await noteDropped(it.store, APP, 'mail', 1, it.time.clock);
  await it.store.journal.trim(APP, cut);
  const next = await it.open();
  const gaps = () => it.receiver.got.flatMap(eventsIn).filter(({ type }) => type === 'journal.gap');
  await forward(
    it,
    () => gaps().some(({ data }) => data.from !== data.to) && it.receiver.got.some(({ body }) => body.includes('"s3"')),
  );
  assert.deepEqual(new Set(gaps().map(({ data }) => data.dropped)), new Set([1]));
  assert.ok(!it.receiver.got.some(({ body }) => body.includes('"s2"')));
  next.close();
});

test('what is given up at the same time, by two processes that both send for a moment, is kept, each of it', async (t) => {
  const { letters, store, time } = await bench(t, () => 200);
  const others = new DeadLetters(store, APP, 'mail', time.clock);
  const of = (session: string) =>
    ({ type: 'session.updated', at: 1, count: 1, version: 1, session, subject: null, by: null }) as const;
  await Promise.all(
    ['a', 'b', 'c', 'd'].map((session, i) =>
      (i % 2 === 0 ? letters : others).add([of(session), of(session)], 10, 'no'),
    ),
  );
  const page = await letters.page(0, 10);
  assert.deepEqual(page.letters.map(({ event }) => event.session).sort(), ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd']);
});

test('dead letters are bounded: the oldest goes, and is counted', async (t) => {
  const { letters } = await bench(t, () => 200);
  const event = LETTER;
  const many = Array.from({ length: MOST_DEAD - 1 }, (_, i) => ({ ...event, count: i }));
  assert.equal(await letters.add(many, 10, 'no'), 0);
  assert.equal(await letters.add([event, event, event], 10, 'no'), 2);
  const ids = await letters.ids();
  assert.deepEqual([ids.length, ids[0], ids.at(-1)], [MOST_DEAD, 3, MOST_DEAD + 2]);
  await letters.remove(3);
  assert.equal(await letters.get(3), null);
  assert.equal(await letters.get(1), null);
  const { letters: page, isLast } = await letters.page(MOST_DEAD, 1);
  assert.deepEqual([page.map(({ id }) => id), isLast], [[MOST_DEAD + 1], false]);
});

test('nothing is left in the store of a dead letter that made room for a newer one', async (t) => {
  const { letters, store } = await bench(t, () => 200);
  const kept = () => store.dump().filter((line) => line.includes('ann')).length;
  await letters.add(
    [LETTER, LETTER].map((one) => ({ ...one, subject: 'ann' })),
    10,
    'no',
  );
  assert.equal(kept(), 2);
  await letters.add(
    Array.from({ length: MOST_DEAD - 1 }, () => LETTER),
    10,
    'no',
  );
  assert.equal(kept(), 1);
  assert.equal(await letters.add([LETTER], 10, 'no'), 1);
  assert.equal(kept(), 0);
});

test('a number of a dead letter is never used again, also where the list is of the first form', async (t) => {
  const { letters, store, time } = await bench(t, () => 200);
  await letters.add([LETTER, LETTER], 10, 'no');
  const { letters: page } = await letters.page(0, 10);
  const [first, last] = page.map(({ id }) => id);
  for (const id of [last!, first!]) await letters.remove(id);
  await letters.add([LETTER], 10, 'no');
  assert.deepEqual(
    (await letters.page(last!, 10)).letters.map(({ id }) => id),
    [last! + 1],
  );
  await new Note(store, `dead.${APP}.mail`).change(() => '[4,7]', time.clock);
  assert.deepEqual(await letters.ids(), [4, 7]);
  await letters.add([LETTER], 10, 'no');
  assert.deepEqual(await letters.ids(), [4, 7, 8]);
});

test('what is due while this process may not send waits for the lease, and not by a timer', async (t) => {
  let answer: number = 500;
  const it = await bench(t, () => answer);
  const channel = await it.open();
  await it.append('s1');
  channel.wake(null);
  await forward(it, () => it.receiver.got.length === 1);
  await it.append('s2');
  answer = 0;
  channel.wake(null);
  await until(() => it.receiver.got.length === 2);
  it.lease.isHeld = false;
  let timers = 0;
  for (; timers < 100 && it.time.toNext(); timers++) await nextTurn();
  assert.ok(it.time.now >= START + 5000, 'the first one is due');
  assert.ok(timers < 10, `${timers} timers`);
  assert.equal(it.receiver.got.length, 2);
  answer = 200;
  it.lease.isHeld = true;
  channel.nudge();
  // The second one is under way all the time.
  await until(() => it.receiver.got.length === 3);
  assert.match(it.receiver.got[2]!.body, /"s1"/);
  channel.close();
});

test('events that come while one is sent go on within the time of a request, not of a look', async (t) => {
  const it = await bench(t, () => 200);
  const channel = await it.open();
  for (let i = 0; i < 1000; i++) {
    await it.append(`s${i % 50}`);
    if (i % 7 === 0) channel.wake(null);
  }
  channel.wake(null);
  // No timer runs.
  await until(() => it.receiver.got.length === 1000);
  check(it.receiver, new Map(Array.from({ length: 50 }, (_, i) => [`s${i}`, 20])));
  channel.close();
});
