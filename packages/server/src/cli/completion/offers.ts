/** What a shell may offer at each place of a line, from the definitions of the commands: what the scripts for all shells are made of. */
import type { CommandDefinition, OptionDefinition } from '../definition.ts';
import { slotsOf } from '../usage.ts';

/** What may stand at a place. `files`: names of files. `words`: these; `isList`: several of them, with commas between. */
export interface Offer {
  readonly files: boolean;
  readonly words: readonly string[];
  readonly isList: boolean;
}

export interface OptionOffer {
  readonly name: string;
  readonly text: string;
  /** Absence: null for a switch. */
  readonly value: Offer | null;
}

export interface VerbOffer {
  /** Absence: '' for a command without verbs. */
  readonly name: string;
  readonly text: string;
  readonly options: readonly OptionOffer[];
  /** Of the words that are no options; the last one goes for all that follow it where `isRow`. */
  readonly words: readonly Offer[];
  readonly isRow: boolean;
}

export interface CommandOffer {
  readonly name: string;
  readonly text: string;
  /** Absence: null when the command has no verbs; then `''` is its only one. */
  readonly verbNames: readonly string[] | null;
  readonly verbs: readonly VerbOffer[];
}

const NOTHING: Offer = { files: false, words: [], isList: false };
const HELP: OptionOffer = { name: 'help', text: 'says how it is called', value: null };

export function offersOf(commands: Iterable<CommandDefinition>): readonly CommandOffer[] {
  return [...commands].map((command) => {
    const names = Object.keys(command.verbs);
    return {
      name: command.name,
      text: command.summary,
      verbNames: names.includes('') ? null : names,
      verbs: Object.entries(command.verbs).map(([name, { text, options }]) => {
        const slots = slotsOf(command, name);
        return {
          name,
          text: firstSentence(text),
          options: [...Object.entries(options).map(([option, definition]) => optionOffer(option, definition)), HELP],
          words: slots.map(({ shown, choices }) =>
            shown === 'FILE' ? { ...NOTHING, files: true } : { ...NOTHING, words: choices ?? [] },
          ),
          isRow: slots.some(({ isRow }) => isRow),
        };
      }),
    };
  });
}

function optionOffer(name: string, { value, text, complete }: OptionDefinition): OptionOffer {
  if (value === null) return { name, text, value: null };
  const isList = value.includes(',…');
  const words = complete === 'file' || complete === undefined ? fixedIn(value) : complete;
  return { name, text, value: { files: complete === 'file', words, isList } };
}

/** `php|php_serialize` is what it says; `90d|DATE` is not. */
function fixedIn(value: string): readonly string[] {
  return /^[a-z0-9_-]+(\|[a-z0-9_-]+)+$/.test(value) ? value.split('|') : [];
}

/** Shells have one line for it. */
function firstSentence(text: string): string {
  const [sentence = ''] = text.replaceAll(/\s+/g, ' ').split(/[.:;] /);
  return sentence.replace(/\.$/, '');
}
