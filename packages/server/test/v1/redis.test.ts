import { redis } from './stores.ts';
import { v1Suite } from './suite.ts';

v1Suite('one Redis server', redis);
