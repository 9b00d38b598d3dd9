import { v1Races } from './races.ts';
import { cluster, lmdb, memory, redis } from './stores.ts';

v1Races('the memory store', memory);
v1Races('the embedded store', lmdb);
v1Races('one Redis server', redis);
v1Races('Redis Cluster', cluster);
