import type { CommandDefinition } from '../definition.ts';
import { JSON_OUTPUT, STORE } from './shared.ts';

export const copy: CommandDefinition = {
  name: 'copy',
  summary: 'brings all sessions of one store into another, while servers use the first',
  text: `Passes carry what has changed, until nothing or only the servers' own pace is left. The last one compares each session. What ended at
the source ends at the target, if a copy brought it; nothing is changed at the source.

Then: stop the servers, copy once more with --continue, start them on the new store.`,
  verbs: {
    '': {
      usage: 'copy',
      text: '',
      options: {
        from: {
          ...STORE,
          value: 'STORE',
          text: 'the source, lmdb:PATH or redis://…; one whose URL has a password is named in RS_COPY_FROM',
        },
        to: { ...STORE, value: 'STORE', text: 'the target; one whose URL has a password is named in RS_COPY_TO' },
        app: { value: 'APP', text: 'only the sessions of this app' },
        'dry-run': { value: null, text: 'says what would be brought, and changes nothing' },
        continue: { value: null, text: 'goes on after an earlier copy' },
        ended: {
          value: null,
          text: 'ends at the target also what is gone from the source in such numbers that it may be lost',
        },
        json: JSON_OUTPUT,
      },
      examples: [
        {
          line: 'rest-sessions copy --from lmdb:sessions --to redis://127.0.0.1:6379',
          text: 'from the embedded store into a Redis',
        },
      ],
    },
  },
  load: () => import('../copy-command.ts'),
};
