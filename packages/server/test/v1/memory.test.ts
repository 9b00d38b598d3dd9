import { memory } from './stores.ts';
import { v1Suite } from './suite.ts';

v1Suite('the memory store', memory);
