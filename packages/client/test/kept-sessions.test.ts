/** What a near cache remembers, and when it does not: time is an argument. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { KeptSessions } from '../src/kept-sessions.ts';
import type { Session } from '../src/types.ts';
import { idOf, session } from './event-server.ts';

const at = (steady: number, clock = steady) => ({ steady, clock });
const LIFE = 1000;

function open(most = 100): KeptSessions {
  const kept = new KeptSessions(most);
  kept.open();
  return kept;
}

/** Asks, and keeps the answer. */
function keep(kept: KeptSessions, token: string, { now = at(0), life = LIFE, touchLife = -1, more = {} } = {}): void {
  const asked = kept.ask(now);
  kept.keep(asked, token, session(token, more) as unknown as Session, life, touchLife);
  kept.settle();
}

const has = (kept: KeptSessions, token: string, now = at(1), touch = false) => kept.find(token, touch, now) !== null;

describe('the memory of a near cache', () => {
  test('it begins when it is opened, and what was asked before that is not kept', () => {
    const kept = new KeptSessions(10);
    keep(kept, 'a');
    const asked = kept.ask(at(0));
    kept.open();
    kept.keep(asked, 'b', session('b') as unknown as Session, LIFE, -1);
    kept.settle();
    keep(kept, 'c');
    assert.deepEqual(
      ['a', 'b', 'c'].map((token) => has(kept, token)),
      [false, false, true],
    );
    kept.close();
    assert.equal(has(kept, 'c'), false);
    kept.open();
    assert.equal(has(kept, 'c'), false);
  });

  test('an answer is as old as its request, by the clock that says more, and not kept for longer than its life', () => {
    const kept = open();
    keep(kept, 'a', { now: at(100, 5000) });
    assert.equal(kept.find('a', false, at(400, 5000))?.age, 300);
    assert.equal(kept.find('a', false, at(400, 5900))?.age, 900, 'the machine slept');
    assert.equal(kept.find('a', false, at(1100, 0))?.age, 1000, 'the clock was set back');
    assert.equal(has(kept, 'a', at(1100.1, 5000)), false);
    assert.equal(kept.size, 0);
    keep(kept, 'b', { life: 0 });
    keep(kept, 'c', { life: Number.NaN });
    assert.equal(kept.size, 0);
  });

  test('a read that touches is answered only from one that touched, and that not for long', () => {
    const kept = open();
    keep(kept, 'a');
    assert.equal(has(kept, 'a', at(1), true), false);
    keep(kept, 'a', { touchLife: 100 });
    assert.deepEqual(
      [100, 101].map((now) => has(kept, 'a', at(now), true)),
      [true, false],
    );
    assert.equal(has(kept, 'a', at(101)), true);
  });

  test('a session is forgotten by its id under all of its tokens, by its token, by its subject', () => {
    const more = { id: idOf('old') };
    const kept = open();
    const all = ['old', 'new', 'b', 'c'];
    const fill = () => {
      keep(kept, 'old', { more });
      keep(kept, 'new', { more });
      keep(kept, 'b', { more: { subject: 'bob' } });
      keep(kept, 'c', { more: { subject: null } });
    };
    const left = () => all.filter((token) => has(kept, token));
    fill();
    kept.forgetSession(idOf('old'));
    assert.deepEqual(left(), ['b', 'c']);
    fill();
    kept.forgetToken('new');
    assert.deepEqual(left(), ['b', 'c']);
    fill();
    kept.forgetSubject('bob');
    assert.deepEqual(left(), ['old', 'new', 'c']);
    kept.forgetAll();
    assert.deepEqual(left(), []);
  });

  test('an answer that was under way when its session changed is not kept; one that is asked for after that is', () => {
    const changes: ((kept: KeptSessions) => void)[] = [
      (kept) => kept.forgetSession(idOf('a')),
      (kept) => kept.forgetToken('a'),
      (kept) => kept.forgetSubject('ann'),
      (kept) => kept.forgetAll(),
      (kept) => kept.open(),
    ];
    for (const change of changes) {
      const kept = open();
      const early = kept.ask(at(0));
      change(kept);
      const late = kept.ask(at(0));
      kept.keep(late, 'a', session('a') as unknown as Session, LIFE, -1);
      kept.settle();
      assert.equal(has(kept, 'a'), true);
      kept.forgetAll();
      kept.keep(early, 'a', session('a') as unknown as Session, LIFE, -1);
      kept.settle();
      assert.equal(has(kept, 'a'), false, `${change}`);
    }
  });

  test('more changes than it remembers make all answers under way worth nothing, and none is remembered without a request', () => {
    const kept = open();
    for (let i = 0; i < 30_000; i++) kept.forgetSession(`x${i}`);
    const asked = kept.ask(at(0));
    kept.forgetSession(idOf('a'));
    for (let i = 0; i < 30_000; i++) kept.forgetSession(`x${i}`);
    for (const token of ['a', 'b']) kept.keep(asked, token, session(token) as unknown as Session, LIFE, -1);
    kept.settle();
    assert.equal(kept.size, 0);
    keep(kept, 'a');
    assert.equal(kept.size, 1);
  });

  test('the one that nobody asked for the longest goes first, and long ones are not kept at all', () => {
    const kept = open(3);
    for (const token of ['a', 'b', 'c']) keep(kept, token);
    has(kept, 'a');
    keep(kept, 'd');
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((token) => has(kept, token)),
      [true, false, true, true],
    );
    keep(kept, 'e', { more: { data: { text: 'x'.repeat(20_000) } } });
    assert.equal(has(kept, 'e'), false);
  });

  test('whoever gets a session may change it', () => {
    const kept = open();
    keep(kept, 'a', { more: { data: { cart: [1] } } });
    (kept.find('a', false, at(1))!.session.data.cart as number[]).push(2);
    assert.deepEqual(kept.find('a', false, at(1))!.session.data, { cart: [1] });
  });

  test('in any order of requests, answers and changes no answer from before a change is given after it', () => {
    const tokens = ['a', 'b'];
    const step = fc.oneof(
      fc.record({ do: fc.constant('ask' as const), token: fc.constantFrom(...tokens) }),
      fc.record({ do: fc.constant('answer' as const), nth: fc.nat(5) }),
      fc.record({ do: fc.constant('change' as const), token: fc.constantFrom(...tokens) }),
      fc.record({ do: fc.constant('lose' as const) }),
    );
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const kept = open(10);
      const versions = new Map(tokens.map((token) => [token, 1]));
      const underWay: { token: string; version: number; asked: ReturnType<KeptSessions['ask']> }[] = [];
      for (const each of steps) {
        if (each.do === 'ask') {
          // The worst case: it is answered by what was there when it was sent.
          underWay.push({ token: each.token, version: versions.get(each.token)!, asked: kept.ask(at(0)) });
        } else if (each.do === 'answer') {
          const [one] = underWay.splice(each.nth % Math.max(1, underWay.length), 1);
          if (one === undefined) continue;
          const answer = session(one.token, { version: one.version }) as unknown as Session;
          kept.keep(one.asked, one.token, answer, LIFE, -1);
          kept.settle();
        } else if (each.do === 'change') {
          versions.set(each.token, versions.get(each.token)! + 1);
          kept.forgetSession(idOf(each.token));
        } else {
          kept.close();
          // Events that nobody hears.
          for (const token of tokens) versions.set(token, versions.get(token)! + 1);
          kept.open();
        }
        for (const token of tokens) {
          const found = kept.find(token, false, at(0));
          if (found !== null) assert.equal(found.session.version, versions.get(token));
        }
      }
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
