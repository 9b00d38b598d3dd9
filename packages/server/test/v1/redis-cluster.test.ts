import { cluster } from './stores.ts';
import { v1Suite } from './suite.ts';

v1Suite('Redis Cluster', cluster);
