import { conformance } from '../conformance/suite.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';

const server = forAllTests((cleanup) => startRedis(cleanup));

conformance('Redis that forgets all scripts before each verb', (t) =>
  openOn(t, `redis://127.0.0.1:${server().port}`, [server().admin], { forgetful: true }),
);
