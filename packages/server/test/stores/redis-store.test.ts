import { conformance } from '../conformance/suite.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';

const server = forAllTests((cleanup) => startRedis(cleanup));

conformance('Redis, one server', (t, journal) =>
  openOn(t, `redis://127.0.0.1:${server().port}`, [server().admin], { journal }),
);
