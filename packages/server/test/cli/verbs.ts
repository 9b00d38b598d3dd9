/** Verbs that are made of what all verbs share, for tests that run them as programs: `node --import tsx verbs.ts VERB …`. */
import { confirmed } from '../../src/cli/confirm.ts';
import { leave } from '../../src/cli/leave.ts';
import { refused, say } from '../../src/cli/output.ts';
import { ResultList } from '../../src/cli/result-list.ts';
import { leaveOnSignal } from '../../src/cli/stop.ts';

const [verb, ...words] = process.argv.slice(2);
const given = { has: (name: string) => words.includes(`--${name}`) };

const VERBS: Record<string, () => Promise<number>> = {
  /** Lists as many as are named, or without an end. */
  async list() {
    const columns = [
      { title: 'id', of: ({ id }: Row) => id },
      { title: 'label', of: ({ label }: Row) => label, least: 5, colour: () => 'red' as const },
      { title: 'seen', of: ({ seen }: Row) => seen, kind: 'instant' as const },
    ];
    const list = new ResultList<Row>(columns, { json: given.has('json'), environment: process.env });
    leaveOnSignal(() => `${list.length} were listed`);
    const count = Number(words.find((word) => /^\d+$/.test(word)) ?? 'Infinity');
    for (let i = 1; i <= count; i++) {
      const row = { id: `s${i}`, label: 'Firefox on a \x1b[2Jtelephone of somebody', seen: '2026-01-31T08:00:00.000Z' };
      if (!(await list.add(row))) break;
    }
    return list.end('there are none');
  },
  async end() {
    const answer = await confirmed({ deed: 'ends all 3 sessions of u1 in shop' }, given);
    if (answer !== true) return answer;
    say('3 were ended');
    return 0;
  },
  async 'end-all'() {
    const answer = await confirmed({ deed: 'ends every session in shop', typed: 'shop' }, given);
    return answer === true ? 0 : answer;
  },
  /** Waits for a server that does not answer. */
  async wait() {
    leaveOnSignal(() => '2 of 3 sessions are ended');
    say('waiting');
    setInterval(() => {}, 60_000);
    return new Promise(() => {});
  },
  refused: async () => refused({ status: Number(words[0]), code: 'some_code', detail: 'it has\x1b[2J a reason' }),
};

interface Row {
  readonly id: string;
  readonly label: string;
  readonly seen: string;
}

void VERBS[verb!]!().then((code) => leave(code));
