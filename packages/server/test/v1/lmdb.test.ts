import { lmdb } from './stores.ts';
import { v1Suite } from './suite.ts';

v1Suite('the embedded store', lmdb);
