/** Asks each master of a Redis for its memory and its keys. */
import type { EngineStatistics } from '../statistics.ts';
import { fieldsOf } from './health.ts';
import { infoOfMasters } from './masters-info.ts';
import type { ScriptCalls } from './script-calls.ts';

/** INFO field → what we call it. Source: the documentation of INFO, sections memory, clients and server. */
const FACTS = {
  redis_version: 'version',
  used_memory: 'memory used bytes',
  maxmemory: 'memory limit bytes',
  maxmemory_policy: 'eviction policy',
  connected_clients: 'connections',
} as const;

/** Errors: `store_unavailable`, when a master cannot be asked. A master whose account may not use INFO has no facts. */
export async function memoryOf(calls: ScriptCalls): Promise<EngineStatistics[]> {
  const masters = await infoOfMasters(calls);
  return masters.map(({ name, info }) => ({ where: name, facts: info === null ? {} : factsOf(info) }));
}

function factsOf(info: string): Record<string, number | string> {
  const fields = fieldsOf(info);
  const facts: Record<string, number | string> = {};
  for (const [field, name] of Object.entries(FACTS)) {
    const value = fields.get(field);
    if (value !== undefined) facts[name] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return facts;
}
