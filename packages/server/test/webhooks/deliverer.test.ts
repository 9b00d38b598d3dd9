/** Who sends, where a webhook begins, and what a thousand apps cost: with a clock that the test sets forward. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NewEvent } from '../../src/core/events.ts';
import type { WebhookPolicy } from '../../src/core/policy.ts';
import { Tail } from '../../src/events/tail.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { Administration } from '../../src/webhooks/administration.ts';
import type { Configured } from '../../src/webhooks/configured.ts';
import { DeadLetters } from '../../src/webhooks/dead-letters.ts';
import { Deliverer } from '../../src/webhooks/deliverer.ts';
import type { Message, Outcome } from '../../src/webhooks/sender.ts';
import { FakeTime, SECRET } from './receiver.ts';

const START = Date.UTC(2026, 0, 1);
const FAILS: Outcome = { kind: 'answered', status: 500, retryAfter: null };
const EVENT: NewEvent = { type: 'session.updated', version: 1, session: 's1', subject: 'u', by: null };

function webhookNamed(name: string, more: Partial<WebhookPolicy> = {}): WebhookPolicy {
  return {
    ...{ name, kind: 'events', url: 'http://127.0.0.1:1/', types: null, secrets: [], batch: 1, paused: false },
    ...{ issuer: null, audience: null, ...more },
  } as WebhookPolicy;
}

/** Processes on one store in memory; what they send is noted, and answered 200. */
function setup(t: TestContext) {
  const time = new FakeTime(START);
  const store = new MemoryStore({ clock: time.clock, journal: () => ({ events: true, updates: true, history: null }) });
  const sent: { readonly by: string; readonly app: string; readonly id: string; readonly at: number }[] = [];
  const errors: unknown[] = [];
  const calls: string[] = [];
  const counted = <Name extends 'read' | 'lasts' | 'apps'>(name: Name) =>
    ((...args: never[]) => {
      calls.push(name);
      return (store.journal[name] as (...args: never[]) => unknown)(...args);
    }) as MemoryStore['journal'][Name];
  const journal = {
    read: counted('read'),
    lasts: counted('lasts'),
    apps: counted('apps'),
    watch: (onMore: (app: string) => void) => store.journal.watch(onMore),
  };
  const rules = { usual: [] as WebhookPolicy[], own: new Map<string, WebhookPolicy[]>() };
  const configured: Configured = {
    named: () => [...rules.own.keys()],
    webhooksOf: (app) => rules.own.get(app) ?? rules.usual,
    usual: () => rules.usual,
    secretsOf: () => [SECRET],
  };
  /** Absence: what it says is null for 200. */
  let answer: (message: Message) => Outcome | null = () => null;
  const start = (by: string, elapsed = time.clock) => {
    const tail = new Tail({ journal, later: time.later, onError: (error) => errors.push(error) });
    const deliverer = new Deliverer({
      store: { memo: (...args) => store.memo(...args), journal },
      tail,
      configured,
      sender: {
        send: async (_url, message) => {
          const event = JSON.parse(message.body);
          sent.push({ by, app: event.source, id: message.headers['webhook-id']!, at: time.now });
          return answer(message) ?? { kind: 'answered', status: 200, retryAfter: null };
        },
        close: () => {},
      },
      ...{ clock: time.clock, elapsed, later: time.later, chance: () => 0.5 },
      onLead: () => {},
      onNews: () => {},
      onError: (error) => errors.push(error),
    });
    deliverer.start();
    t.after(() => tail.close());
    return deliverer;
  };
  /** Sets the time forward, and lets everything run that comes of it. */
  const forward = async (duration: number) => {
    const end = time.now + duration;
    time.later(() => {}, duration);
    while (time.now < end && time.toNext()) for (let i = 0; i < 3; i++) await nextTurn();
  };
  const append = (app: string, more: Partial<NewEvent> = {}) =>
    store.journal.append(app, { ...EVENT, ...more }, time.now);
  t.after(() => assert.deepEqual(errors, []));
  const setAnswer = (next: typeof answer) => {
    answer = next;
  };
  return { time, store, sent, calls, rules, configured, start, forward, append, setAnswer };
}

test('one of two processes sends; when that stops the other one does, within five seconds', async (t) => {
  const it = setup(t);
  it.rules.own.set('shop', [webhookNamed('mail')]);
  const first = it.start('first');
  await it.forward(1000);
  const second = it.start('second');
  await it.append('shop');
  await it.forward(1000);
  assert.deepEqual(
    it.sent.map(({ by }) => by),
    ['first'],
  );
  await first.stop();
  const stoppedAt = it.time.now;
  await it.append('shop');
  await it.forward(5000);
  assert.deepEqual(
    it.sent.map(({ by }) => by),
    ['first', 'second'],
  );
  assert.ok(it.sent[1]!.at - stoppedAt <= 5000);
  await second.stop();
});

test('a process that could not renew its lease sends nothing, by its own clock, before another may', async (t) => {
  const it = setup(t);
  it.rules.own.set('shop', [webhookNamed('mail')]);
  let ahead = 0;
  const deliverer = it.start('late', () => it.time.now + ahead);
  await it.forward(1000);
  ahead = 3000;
  await it.append('shop');
  for (let i = 0; i < 10; i++) await nextTurn();
  assert.deepEqual(it.sent, []);
  await it.forward(1000);
  assert.equal(it.sent.length, 1, 'it goes on when it has the lease again');
  await deliverer.stop();
});

test('a webhook begins with what happens after it was configured; an app that is new is told from its first event on', async (t) => {
  const it = setup(t);
  await it.append('old');
  await it.forward(1000);
  it.rules.usual = [webhookNamed('mail')];
  let deliverer = it.start('a');
  await it.forward(2000);
  assert.deepEqual(it.sent, []);
  await it.append('old');
  await it.append('new');
  await it.forward(1500);
  assert.deepEqual(it.sent.map(({ app }) => app).sort(), ['/apps/new', '/apps/old']);
  await deliverer.stop();
  // Nobody sends while these happen.
  await it.append('new');
  await it.append('newer');
  deliverer = it.start('b');
  await it.forward(1500);
  assert.deepEqual(
    it.sent
      .slice(2)
      .map(({ app }) => app)
      .sort(),
    ['/apps/new', '/apps/newer'],
  );
  // One more webhook does not bring back what was before it.
  it.rules.usual = [...it.rules.usual, webhookNamed('fraud')];
  deliverer.refresh();
  await it.forward(2000);
  assert.equal(it.sent.length, 4);
  await it.append('old');
  await it.forward(1500);
  assert.equal(it.sent.length, 6);
  await deliverer.stop();
});

test('a webhook that is paused is not sent to, and goes on where it was', async (t) => {
  const it = setup(t);
  it.rules.own.set('shop', [webhookNamed('mail')]);
  const deliverer = it.start('a');
  await it.forward(1500);
  await it.append('shop');
  await it.forward(1500);
  it.rules.own.set('shop', [webhookNamed('mail', { paused: true })]);
  deliverer.refresh();
  await it.append('shop');
  await it.forward(5000);
  assert.equal(it.sent.length, 1);
  it.rules.own.set('shop', [webhookNamed('mail')]);
  deliverer.refresh();
  await it.forward(2000);
  assert.equal(it.sent.length, 2);
  it.rules.own.set('shop', []);
  deliverer.refresh();
  await it.append('shop');
  await it.forward(2000);
  assert.equal(it.sent.length, 2);
  await deliverer.stop();
});

test('a thousand apps with a webhook are not a thousand questions', async (t) => {
  const it = setup(t);
  it.rules.usual = [webhookNamed('mail')];
  for (let i = 0; i < 1000; i++) await it.append(`app-${i}`);
  await it.forward(10);
  const deliverer = it.start('a');
  await it.forward(3000);
  it.calls.length = 0;
  await it.forward(10_000);
  const count = (name: string) => it.calls.filter((call) => call === name).length;
  assert.ok(
    count('read') === 0 && count('lasts') <= 21 && count('apps') <= 11,
    JSON.stringify([count('read'), count('lasts')]),
  );
  await it.append('app-7');
  await it.forward(50);
  assert.deepEqual(
    it.sent.map(({ app }) => app),
    ['/apps/app-7'],
  );
  await deliverer.stop();
});

test('an administrator sees how a webhook stands, sends dead letters again and sets it back', async (t) => {
  const it = setup(t);
  it.rules.own.set('shop', [webhookNamed('mail')]);
  let isBad = false;
  it.setAnswer(() => (isBad ? { kind: 'answered', status: 500, retryAfter: null } : null));
  const deliverer = it.start('a');
  await it.forward(1000);
  const bySelf: string[] = [];
  const administration = new Administration({
    store: it.store,
    configured: it.configured,
    clock: it.time.clock,
    sender: {
      send: async (_url, message) => {
        bySelf.push(message.headers['webhook-id']!);
        return { kind: 'answered', status: isBad ? 500 : 204, retryAfter: null };
      },
    },
  });
  await it.append('shop');
  await it.forward(1000);
  isBad = true;
  await it.append('shop');
  await it.append('shop');
  await it.forward(2000);
  const [state] = await administration.list('shop');
  const { deliveredAt, failedAt, ...others } = state!;
  assert.deepEqual(others, {
    ...{ name: 'mail', kind: 'events', state: 'failing', behind: 2, waiting: 2, deadLetters: 0, dead: 0 },
    ...{ deadDropped: 0, failure: 'it answered 500', disabledAt: null },
  });
  assert.ok(deliveredAt! < failedAt!);
  const events = (await it.store.journal.read('shop', '0-0', 9)).events.map(({ event }) => event);
  await new DeadLetters(it.store, 'shop', 'mail', it.time.clock).add(events, 10, 'it answered 500');
  const page = await administration.deadLetters('shop', 'mail', null, 2);
  assert.deepEqual([page.letters.map(({ id }) => id), page.next], [['1', '2'], '2']);
  assert.deepEqual(
    (await administration.deadLetters('shop', 'mail', page.next, 2)).letters.map(({ id }) => id),
    ['3'],
  );
  const failed = { delivered: false, status: 500, failure: 'it answered 500' };
  assert.deepEqual(await administration.resend('shop', 'mail', '2'), failed);
  isBad = false;
  assert.deepEqual(await administration.resend('shop', 'mail', '2'), { delivered: true, status: 204, failure: null });
  assert.equal(await administration.resend('shop', 'mail', '2'), null);
  assert.deepEqual(await administration.resendAll('shop', 'mail'), { resent: 2, left: 0 });
  assert.deepEqual(bySelf, ['s1.2', 's1.2', 's1.1', 's1.3']);
  it.sent.length = 0;
  assert.equal(await administration.replay('shop', 'mail', START), 3);
  await it.forward(2000);
  assert.deepEqual(
    it.sent.map(({ id }) => id),
    ['s1.1', 's1.2', 's1.3'],
  );
  assert.equal((await administration.list('shop'))[0]?.behind, 0);
  for (const call of [administration.test('shop', 'fax'), administration.enable('blog', 'mail')]) {
    await assert.rejects(call, { code: 'webhook_not_found' });
  }
  await deliverer.stop();
});

test('who replays from an instant has what waits from before it, too, also out of a batch that goes over it', async (t) => {
  const it = setup(t);
  it.rules.own.set('shop', [webhookNamed('mail', { batch: 10 })]);
  const bodies: string[] = [];
  let isBad = true;
  it.setAnswer(({ body }) => {
    if (!isBad) bodies.push(body);
    return isBad ? FAILS : null;
  });
  const deliverer = it.start('a');
  await it.forward(1500);
  it.rules.own.set('shop', [webhookNamed('mail', { batch: 10, paused: true })]);
  deliverer.refresh();
  await it.append('shop', { session: 'before' });
  await it.forward(60_000);
  const between = it.time.now - 30_000;
  await it.append('shop', { session: 'after' });
  it.rules.own.set('shop', [webhookNamed('mail', { batch: 10 })]);
  deliverer.refresh();
  await it.forward(2000);
  const { store, configured, time } = it;
  const sender = { send: async () => FAILS };
  const administration = new Administration({ store, configured, clock: time.clock, sender });
  assert.equal((await administration.list('shop'))[0]?.waiting, 2);
  isBad = false;
  assert.equal(await administration.replay('shop', 'mail', between), 1);
  await it.forward(10_000);
  const sessions = bodies.flatMap((body) => JSON.parse(body) as { readonly data: { readonly session: string } }[]);
  assert.deepEqual([...new Set(sessions.map(({ data }) => data.session))].sort(), ['after', 'before']);
  assert.equal((await administration.list('shop'))[0]?.behind, 0);
  await deliverer.stop();
});
