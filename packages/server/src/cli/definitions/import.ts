import { KINDS } from '../../moving/kinds.ts';
import type { CommandDefinition, Options } from '../definition.ts';
import { JSON_OUTPUT, STORE } from './shared.ts';

/** The options of import itself, whatever the kind of its source. */
const OWN_OPTIONS: Options = {
  from: {
    value: 'KIND:…',
    text: 'what to read, a kind and where it is (see the kinds); one whose URL has a password is named in RS_IMPORT_FROM',
    complete: Object.keys(KINDS).map((kind) => `${kind}:`),
  },
  app: {
    value: 'APP',
    text: 'the app that takes the sessions, or of the kinds predecessor and ndjson the one app to read',
  },
  store: STORE,
  'dry-run': { value: null, text: 'reads and counts, and changes nothing' },
  continue: {
    value: null,
    text: 'goes on after an interruption; needed where the store has sessions already: those stay, or are brought up to date where the source has gone on with them',
  },
  json: JSON_OUTPUT,
};

/** The options of all kinds. Where kinds mean different things by one, each says its own. */
function optionsOfKinds(): Options {
  const all = new Map<string, { value: string | null; readonly texts: Map<string, string[]> }>();
  for (const [kind, { options }] of Object.entries(KINDS))
    for (const [name, { value, text }] of Object.entries(options)) {
      const { texts } = all.get(name) ?? all.set(name, { value, texts: new Map() }).get(name)!;
      texts.set(text, [...(texts.get(text) ?? []), kind]);
    }
  return Object.fromEntries(
    [...all].map(([name, { value, texts }]) => {
      const said = [...texts].map(([text, kinds]) => (texts.size === 1 ? text : `${kinds.join(', ')}: ${text}`));
      return [name, { value, text: said.join('; '), ...(value === 'FILE' && { complete: 'file' as const }) }];
    }),
  );
}

/** What can be imported, a paragraph for each kind. */
function kindsOfSources(): string {
  return Object.entries(KINDS)
    .map(([name, { where, text, options }]) => {
      const shown = Object.keys(options).map((option) => `--${option}`);
      return `--from ${name}:${where} is ${text}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}.`;
    })
    .join('\n\n');
}

const imports: CommandDefinition = {
  name: 'import',
  summary: 'takes sessions over that another server or library wrote',
  text: `With their ages, deadlines and tokens, so that nobody logs in again, into the store RS_STORE or --store, also while servers use it. What
it has left out is counted by reason.

${kindsOfSources()}`,
  verbs: {
    '': {
      usage: 'import',
      text: '',
      options: { ...OWN_OPTIONS, ...optionsOfKinds() },
      examples: [
        {
          line: 'rest-sessions import --from ndjson:sessions.ndjson --dry-run',
          text: 'what an export would bring',
        },
      ],
    },
  },
  load: () => import('../import-command.ts'),
};

export { imports as import };
