/** Races of the v1 API (issue 4, G2) between two server processes on one store; one process where it cannot be shared. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer } from '../support/client.ts';
import { forAllTests } from '../support/redis.ts';
import { rounds as roundsOf } from '../support/rounds.ts';
import { callerToken, idsOf, type OpenStoreOfSuite, startService, type V1 } from './harness.ts';

/** What ends by its own time, as the audit knows: memos, and words of where a session moved. */
const LATER = /"memos"|"memoDue"|\}:n |\}:m:/;
/** Races against DELETE at once: of another session each. */
const ABREAST = 10;

/** What `npm test` runs of them. Of the last it is 60 rounds: in so many each end meets each kind of token and each way to move. */
const SHARE = 0.2;
const rounds = {
  successors: roundsOf(20, SHARE),
  winners: roundsOf(20, SHARE),
  mixed: roundsOf(40, SHARE),
  creates: roundsOf(40, SHARE),
  zombies: roundsOf(300, SHARE),
};

export function v1Races(name: string, open: OpenStoreOfSuite): void {
  describe(`v1 races on ${name}`, () => {
    const service = forAllTests((cleanup) => startService(cleanup, open, 2));

    test('100 parallel creates at a cap of 5 leave exactly 5, and each that ended was named once', async () => {
      for (const round of [1, 2, 3]) {
        const answers = await Promise.all(
          Array.from({ length: 100 }, (_, i) =>
            service()
              .app('cap-oldest', i)
              .create({ subject: `cap${round}` }),
          ),
        );
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
        const left = idsOf(await service().app('cap-oldest', round).ofSubject(`cap${round}`));
        assert.equal(left.length, 5);
        const ended = answers.flatMap(({ json }) => json.revoked ?? []);
        assert.equal(new Set(ended).size, 95);
        assert.deepEqual([...ended, ...left].sort(), answers.map(({ json }) => json.session.id).sort());
        const works = await Promise.all(answers.map(({ json }, i) => service().app('cap-oldest', i).get(json.token)));
        assert.equal(works.filter(({ status }) => status === 200).length, 5);
      }
    });

    test('100 parallel creates at a cap of 5 that refuses: 5 are created, 95 are told of the five', async () => {
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => service().app('cap-refuse', i).create({ subject: 'many' })),
      );
      const left = idsOf(await service().app('cap-refuse').ofSubject('many')).sort();
      const made = answers.filter(({ status }) => status === 201).map(({ json }) => json.session.id);
      assert.deepEqual(made.sort(), left);
      assert.equal(left.length, 5);
      for (const refused of answers.filter(({ status }) => status !== 201)) {
        assert.deepEqual([refused.status, idsOf(refused).sort()], [409, left]);
      }
    });

    test('of 30 logins at once into a subject at its cap, each in a session of its own, five are left', async () => {
      const guests = await Promise.all(Array.from({ length: 30 }, (_, i) => service().app('cap-oldest', i).token()));
      const logins = await Promise.all(
        guests.map((token, i) =>
          i % 3 === 0
            ? service().app('cap-oldest', i).patch(token, { subject: 'login' })
            : service().app('cap-oldest', i).rotate(token, { subject: 'login' }),
        ),
      );
      assert.deepEqual([...new Set(logins.map(({ status }) => status))], [200]);
      assert.equal(idsOf(await service().app('cap-oldest').ofSubject('login')).length, 5);
    });

    test('of 20 rotations of one token at once, all give its one successor, whichever process answers', async () => {
      for (let round = 0; round < rounds.successors; round++) {
        const app = (n: number) => service().app('successor', n);
        const token = round % 2 === 0 ? await app(0).token({ subject: `s${round}` }) : callerToken();
        if (round % 2 === 1) await app(0).put(token, { subject: `s${round}` });
        const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => app(i).rotate(token, { grace: 30 })));
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
        const tokens = [...new Set(answers.map(({ json }) => json.token))];
        assert.equal(tokens.length, 1, 'they are forked');
        for (const known of [token, tokens[0]])
          for (const n of [0, 1]) assert.equal((await app(n).get(known)).status, 200);
      }
    });

    test('of 20 rotations without a grace, or logins, at once one wins, and the others are told that it was replaced', async () => {
      for (let round = 0; round < rounds.winners; round++) {
        const app = (n: number) => service().app('nograce', n);
        const token = await app(0).token();
        const body = round % 2 === 0 ? { grace: 0 } : { subject: `n${round}`, label: 'x' };
        const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => app(i).rotate(token, body)));
        const won = answers.filter(({ status }) => status === 200);
        assert.equal(won.length, 1, `${answers.map(({ status }) => status)}`);
        const codes = answers.filter((answer) => !won.includes(answer)).map(({ json }) => json.code);
        assert.deepEqual([...new Set(codes)], ['token_replaced']);
        assert.equal((await app(round).get(won[0]!.json.token)).status, 200);
        assert.equal((await app(round).get(token)).status, 404);
      }
    });

    test('a rotation beside a change of subject that keeps the token: the token it answers with opens the session', async () => {
      for (let round = 0; round < rounds.mixed; round++) {
        const app = (n: number) => service().app('beside', n);
        const token = await app(0).token({ subject: 'a' });
        const grace = round % 4 < 2 ? 0 : 30;
        const change = round % 2 === 0 ? app(1).patch(token, { subject: 'b' }) : app(1).put(token, { subject: 'b' });
        const [rotated, changed] = await Promise.all([app(round).rotate(token, { grace }), change]);
        const opens = rotated.status === 200 ? rotated.json.token : token;
        const states = [
          rotated.status,
          changed.status,
          (await app(0).get(opens)).status,
          (await app(1).get(opens)).status,
        ];
        assert.deepEqual(states.slice(2), [200, 200], `rotation, change, then its token: ${states}`);
      }
    });

    test('rotations and logins with one token at once never end what another one was just given', async () => {
      for (let round = 0; round < rounds.mixed; round++) {
        const app = (n: number) => service().app('mixed', n);
        const token = await app(0).token();
        const bodies = [{ grace: 30 }, { subject: `m${round}` }, { grace: 30 }, { subject: `m${round}`, grace: 30 }];
        const turn = round % bodies.length;
        const asked = [...bodies.slice(turn), ...bodies.slice(0, turn), ...bodies];
        const answers = await Promise.all(asked.map((body, i) => app(i).rotate(token, body)));
        const given = answers.filter(({ status }) => status === 200).map(({ json }) => json.token);
        assert.equal(new Set(given).size, 1, `${answers.map(({ status }) => status)}`);
        assert.ok(answers.every(({ status, json }) => status === 200 || json.code === 'token_replaced'));
        assert.equal((await app(1).get(given[0])).status, 200);
      }
      assert.equal((await service().app('mixed').list('?view=count')).json.sessions, rounds.mixed, 'made twice');
    });

    test('of 50 writers with one ETag exactly one wins and 49 are told 412, by every way to write', async () => {
      const ways: ((app: V1, token: string, i: number, headers: Record<string, string>) => Promise<Answer>)[] = [
        (app, token, i, headers) => app.merge(token, { by: i }, headers),
        (app, token, i, headers) => app.patch(token, { set: { by: i } }, headers),
        (app, token, i, headers) => app.putData(token, { by: i }, headers),
        (app, token, i, headers) => app.put(token, { data: { by: i } }, headers),
        (app, token, i, headers) => app.patch(token, { subject: `by${i}`, set: { by: i } }, headers),
        (app, token, i, headers) => ways[i % 5]!(app, token, i, headers),
      ];
      for (const [n, write] of ways.entries()) {
        for (const token of [await service().app('etag').token(), callerToken()]) {
          await service().app('etag').put(token, { data: {} });
          const { headers } = await service().app('etag').get(token);
          const condition = { 'If-Match': String(headers.etag) };
          const answers = await Promise.all(
            Array.from({ length: 50 }, (_, i) => write(service().app('etag', i), token, i, condition)),
          );
          const winners = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []));
          assert.equal(winners.length, 1, `${n}: ${answers.map(({ status }) => status)}`);
          assert.equal(answers.filter(({ status }) => status === 412).length, 49, `${n}`);
          const { json } = await service().app('etag', 1).get(token);
          assert.equal(json.data.by, winners[0]);
        }
      }
    });

    test('of 20 that create under one token at once exactly one does, and its session is the only one', async () => {
      for (let round = 0; round < rounds.creates; round++) {
        const token = callerToken();
        const only = round % 2 === 0 ? { 'If-None-Match': '*' } : {};
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            service()
              .app('under', i)
              .put(token, { subject: `u${round}` }, only),
          ),
        );
        const made = answers.filter(({ status }) => status === 201);
        assert.equal(made.length, 1, `${round}: ${answers.map(({ status }) => status)}`);
        assert.deepEqual(idsOf(await service().app('under').ofSubject(`u${round}`)), [made[0]!.json.id]);
        assert.equal((await service().app('under', 1).get(token)).json.id, made[0]!.json.id);
      }
    });

    test('50 changes at once, without a condition, on two processes: none is lost', async () => {
      for (const token of [await service().app('lost').token(), callerToken()]) {
        await service().app('lost').put(token, {});
        const before = (await service().app('lost').get(token)).json.version;
        await Promise.all(
          Array.from({ length: 50 }, (_, i) =>
            i % 10 === 9
              ? service()
                  .app('lost', i)
                  .patch(token, { subject: `s${i}`, set: { [`k${i}`]: i } })
              : service()
                  .app('lost', i)
                  .merge(token, { [`k${i}`]: i }),
          ),
        );
        const { json } = await service().app('lost').get(token);
        assert.deepEqual([Object.keys(json.data).length, json.version], [50, before + 50]);
      }
    });

    test('20 creates and 20 rotations with one key on two processes give one session and one token', async () => {
      for (let round = 0; round < 5; round++) {
        const key = { 'Idempotency-Key': `race-${round}` };
        const made = await Promise.all(
          Array.from({ length: 20 }, (_, i) => service().app('keys', i).create({ subject: 's' }, key)),
        );
        assert.equal(new Set(made.map(({ status, json }) => `${status} ${json.token}`)).size, 1);
        const rotation = { 'Idempotency-Key': `race-rotate-${round}` };
        const body = [undefined, { grace: 0 }, { subject: 'x' }, { token: callerToken(), grace: 0 }, { subject: null }][
          round
        ];
        const rotated = await Promise.all(
          Array.from({ length: 20 }, (_, i) => service().app('keys', i).rotate(made[0]!.json.token, body, rotation)),
        );
        const given = new Set(
          rotated.map(({ status, json }) => `${status} ${json.token ?? json.code} ${json.session?.id}`),
        );
        assert.equal(given.size, 1, `${round}: ${[...given].join(', ')}`);
        assert.equal(rotated[0]!.status, 200);
      }
      assert.equal((await service().app('keys').list('?view=count')).json.sessions, 5, 'no orphan');
    });

    test('while a session that keeps its token moves, the token works throughout, and both subjects never list it', async () => {
      const [one, two] = [service().app('move'), service().app('move', 1)];
      const token = await one.token({ subject: 's0' });
      let moving = true;
      const readers = Array.from({ length: 4 }, async (_, i) => {
        let reads = 0;
        for (; moving; reads++) assert.equal((await service().app('move', i).get(token)).status, 200);
        return reads;
      });
      for (let i = 1; i <= 30; i++) {
        assert.equal((await one.patch(token, { subject: `s${i}` })).status, 200);
        assert.deepEqual(
          [idsOf(await two.ofSubject(`s${i - 1}`)).length, idsOf(await two.ofSubject(`s${i}`)).length],
          [0, 1],
        );
      }
      moving = false;
      assert.ok((await Promise.all(readers)).every((reads) => reads > 5));
      assert.equal((await one.list('?view=count')).json.sessions, 1);
    });

    test('a login that rotates a session is known to the other process at once: its new token works, the old one does not', async () => {
      for (let round = 0; round < 20; round++) {
        const app = service().app('login', round);
        const { json } = await app.create({});
        const old = json.token as string;
        const { json: rotated } = await app.rotate(old, { subject: `u${round}` });
        assert.equal(
          (
            await service()
              .app('login', round + 1)
              .get(rotated.token)
          ).status,
          200,
        );
        assert.equal(
          (
            await service()
              .app('login', round + 1)
              .get(old)
          ).status,
          404,
        );
      }
      assert.equal((await service().app('login').list('?view=count')).json.sessions, 20);
    });

    test(`${rounds.zombies} sessions, each written in many ways while it is ended, leave nothing (G2)`, async () => {
      let ended = 0;
      const lane = async (n: number) => {
        for (let round = n; round < rounds.zombies; round += ABREAST) {
          const found = await zombies(service().app, round);
          ended += found;
        }
      };
      await Promise.all(Array.from({ length: ABREAST }, (_, n) => lane(n)));
      assert.ok(ended > rounds.zombies / 2, `${ended}`);
      const { json } = await service().app('zombie').send('GET', '');
      assert.deepEqual([json.sessions, json.subjects], [0, 0]);
    });

    test('what is left agrees with its indexes, and ends without a trace', async () => {
      const { clients, stop, store } = service();
      const apps = (await clients[0]!.send('GET', '/v1/apps')).json.apps as { app: string }[];
      assert.ok(apps.length > 3);
      for (const { app } of apps) await service().app(app).send('DELETE', `/sessions?confirm=${app}`);
      assert.deepEqual((await clients[0]!.send('GET', '/v1/apps')).json, { apps: [] });
      await stop();
      assert.deepEqual(await store.faults(), []);
      const contents = await store.contents();
      assert.deepEqual(
        contents.filter((line) => !LATER.test(line)),
        [],
      );
    });
  });
}

type Write = (app: V1, token: string, round: number) => Promise<Answer>;

const ANY = { 'If-Match': '*' };
/** At home, and to other subjects. */
const STAYING: readonly Write[] = [
  (app, token, round) => app.put(token, { subject: `z${round}`, data: { zombie: 1 } }, ANY),
  (app, token) => app.merge(token, { zombie: 2 }),
  (app, token) => app.putData(token, { zombie: 3 }),
  (app, token) => app.touch(token, { idleTimeout: 60 }),
  (app, token) => app.get(token, '?touch=true'),
  (app, token) => app.rotate(token, { token: callerToken(), grace: 5 }),
];
const MOVING: readonly Write[] = [
  (app, token, round) => app.put(token, { subject: `other${round}` }, ANY),
  (app, token, round) => app.patch(token, { subject: `moved${round}` }),
  (app, token, round) => app.rotate(token, { subject: `bound${round}` }),
];

/**
 * Writes a session on two processes while it is ended, by its token or its id, and looks whether one of the writes brought
 * it back. Gives 1 when the end found it.
 */
async function zombies(app: (name: string, n?: number) => V1, round: number): Promise<number> {
  const [one, two] = [app('zombie', round), app('zombie', round + 1)];
  const token = round % 4 < 2 ? callerToken() : await one.token({ subject: `z${round}` });
  const { json } = await one.put(token, { subject: `z${round}` });
  const moving = round % 5 === 0 ? MOVING : MOVING.slice((round % 5) - 1, round % 5);
  // The moves late, so that the end mostly comes in between.
  const writes = [...STAYING, ...STAYING.slice(0, -1), ...moving];
  const started: Promise<Answer>[] = [];
  let end: Promise<Answer> | undefined;
  for (const [i, write] of writes.entries()) {
    if (i === round % writes.length)
      end = round % 3 === 0 ? two.send('DELETE', `/sessions/${json.id}`) : two.end(token);
    started.push(write(i % 2 === 0 ? one : two, token, round));
  }
  const ended = await end!;
  const answers = await Promise.all(started);
  for (const { status, text } of answers) assert.ok([200, 404, 409, 412].includes(status), text);
  const subjects = ['z', 'other', 'moved', 'bound'].map((name) => `${name}${round}`);
  if (ended.json.revoked === 0) {
    // It had another id or token by then: nobody was told that it ended.
    for (const subject of subjects) await one.endSubject(subject);
    return 0;
  }
  for (const given of [token, ...answers.flatMap((answer) => answer.json.token ?? [])]) {
    assert.equal((await two.get(given)).status, 404, 'a token opens it');
  }
  for (const subject of subjects) assert.deepEqual((await one.ofSubject(subject)).json.sessions, [], 'it is listed');
  return 1;
}
