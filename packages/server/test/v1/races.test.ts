import { v1Races } from './races.ts';
import { cluster, lmdb, memory, redis } from './stores.ts';

// One process, whose verbs are one after the other: there is little to race.
v1Races('the memory store', memory, 0.2);
v1Races('the embedded store', lmdb, 0.4);
v1Races('one Redis server', redis, 0.4);
v1Races('Redis Cluster', cluster, 0.2);
