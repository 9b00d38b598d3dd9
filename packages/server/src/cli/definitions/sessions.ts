import type { CommandDefinition } from '../definition.ts';
import { FILTERS } from './filters.ts';
import { APP, CONNECTION, DESTRUCTIVE, JSON_LINES, JSON_OUTPUT } from './shared.ts';

export const sessions: CommandDefinition = {
  name: 'sessions',
  summary: 'finds the sessions of an app, shows one, ends some or all',
  text: `Asks the server. The key needs the scope read to list and show (verify for --token-stdin), revoke to end, and admin for --all. A token is never
taken as a word of the command: all users of a machine see those.`,
  verbs: {
    list: {
      usage: 'sessions list',
      text: `Lists sessions, the latest activity first, however many there are: never more than a page of them is in memory. The server looks up
--subject and --active-within; the other filters look at each session that comes.`,
      options: {
        app: APP,
        ...FILTERS,
        limit: { value: 'COUNT', text: 'at most so many' },
        json: JSON_LINES,
        ...CONNECTION,
      },
      examples: [
        { line: 'rest-sessions sessions list --app shop --limit 20', text: 'who was there last' },
        {
          line: 'rest-sessions sessions list --app shop --ip 203.0.113.0/24 --older-than 1s',
          text: 'from one network',
        },
        {
          line: 'rest-sessions sessions list --app shop --active-within 10m --json | wc -l',
          text: 'how many were active',
        },
      ],
    },
    show: {
      usage: 'sessions show [ID]',
      text: 'Shows all that is known of one session, its data included. Nothing of it changes, and it counts no read.',
      options: {
        app: APP,
        'token-stdin': { value: null, text: 'shows the session that a token opens, which is read from standard input' },
        json: JSON_OUTPUT,
        ...CONNECTION,
      },
      examples: [
        { line: 'rest-sessions sessions show "$ID" --app shop', text: 'by the public id, as logs have it' },
        { line: 'rest-sessions sessions show --token-stdin --app shop < token', text: 'by a token' },
      ],
    },
    end: {
      usage: 'sessions end [ID…]',
      text: `Ends sessions: those whose ids are given, those that match filters, or --all of the app. An id of - reads ids from standard input,
one a line, or lines of JSON as --json writes them. On a terminal it says how many these are, and asks; elsewhere it needs --yes, and for --all
--confirm. With --json each session is a line.`,
      options: {
        app: APP,
        ...FILTERS,
        all: { value: null, text: 'all sessions of the app' },
        confirm: { value: 'APP', text: 'for --all: the name of the app once more, in the place of typing it' },
        ...DESTRUCTIVE,
        json: JSON_LINES,
        ...CONNECTION,
      },
      examples: [
        { line: 'rest-sessions sessions end "$ID" --app shop --reason "lost phone" --yes', text: 'one session' },
        { line: 'rest-sessions sessions end --app shop --idle-for 30d --dry-run', text: 'what a filter would end' },
        {
          line: 'rest-sessions sessions list --app shop --ip 203.0.113.9 --json | rest-sessions sessions end - --app shop --yes',
          text: 'all from one address, as a list says',
        },
        {
          line: 'rest-sessions sessions end --all --app shop --confirm shop --reason "key leaked"',
          text: 'everybody, in an emergency',
        },
      ],
    },
  },
  load: () => import('../remote/sessions.ts'),
};
