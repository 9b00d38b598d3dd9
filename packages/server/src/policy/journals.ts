/** What is kept of each app beside its sessions, by the policies in force. Worked out once: a store asks at each change. */
import { type JournalRules, type JournalSource, SERVER_APP } from '../core/events.ts';
import { journalRulesOf, type Policy } from '../core/policy.ts';
import { CONSOLE_APP } from '../core/validate.ts';

/** Changes of policy and keys are told, and no session is there that could change or end. */
const OF_SERVER: JournalRules = Object.freeze({ events: true, updates: false, history: null });

/**
 * Gives the rules of each app, and those of the server itself: it has a journal as soon as any app has one. The console has none. `fallback`: the policy of
 * apps that have none of their own. Absence: null when no others are served; they have no journal.
 */
export function journalsOf(policies: ReadonlyMap<string, Policy>, fallback: Policy | null): JournalSource {
  const others = fallback === null ? null : journalRulesOf(fallback);
  const byApp = new Map([...policies].map(([app, policy]) => [app, journalRulesOf(policy)]));
  const isAny = others !== null || [...byApp.values()].some((rules) => rules !== null);
  byApp.set(SERVER_APP, isAny ? OF_SERVER : null);
  byApp.set(CONSOLE_APP, null);
  return (app) => {
    const rules = byApp.get(app);
    return rules === undefined ? others : rules;
  };
}
