/** The completion for fish 3 and later: a file in a folder of completions, or sourced. */
import type { CommandOffer, Offer, VerbOffer } from './offers.ts';

export function fishCompletion(commands: readonly CommandOffer[]): string {
  const names = commands.map(({ name }) => name);
  return `# Completion of rest-sessions for fish, made by: rest-sessions completion fish
# Whether the words before the cursor, without options and their values, begin with these and are so many; -1 for any number.
function __rest_sessions_at
    set -l words
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
        else if string match -q -- '--*=*' $word
            continue
        else if string match -q -- '-*' $word
            if contains -- (string join ' ' -- $words[1] $word) $__rest_sessions_valued
                set skip 1
            end
        else
            set -a words $word
        end
    end
    set -l count $argv[1]
    set -l given $argv[2..]
    test $count = -1 -o $count = (count $words); or return 1
    test (count $given) -le (count $words); or return 1
    test (count $given) = 0; or test "$given" = "$words[1..$(count $given)]"
end

# Each word behind what a list with commas has already.
function __rest_sessions_list
    set -l before (commandline -ct | string replace -r -- '^--[^=]*=' '' | string match -r -- '.*,')
    for word in $argv
        echo "$before$word"
    end
end

set -g __rest_sessions_valued ${commands.flatMap((command) => valuesOf(command).map((option) => `'${command.name} --${option}'`)).join(' ')}

complete -c rest-sessions -f
complete -c rest-sessions -l help -d 'says how it is called'
complete -c rest-sessions -n '__rest_sessions_at 0' -l version -d 'says which version it is'
${commands.map(({ name, text }) => line('__rest_sessions_at 0', `-a ${quoted(name)} -d ${quoted(text)}`)).join('\n')}
${line('__rest_sessions_at 0', `-a help -d ${quoted('shows the help of a command')}`)}
${line('__rest_sessions_at 1 help', `-a ${quoted(names.join(' '))}`)}
${commands.map(linesOf).join('\n')}
`;
}

function valuesOf({ verbs }: CommandOffer): readonly string[] {
  const names = verbs.flatMap(({ options }) => options.filter(({ value }) => value !== null).map(({ name }) => name));
  return [...new Set(names)];
}

function linesOf({ name, verbNames, verbs }: CommandOffer): string {
  const choice =
    verbNames === null
      ? []
      : verbs.map((verb) => line(`__rest_sessions_at 1 ${name}`, `-a ${quoted(verb.name)} -d ${quoted(verb.text)}`));
  return [...choice, ...verbs.flatMap((verb) => verbLines(name, verb))].join('\n');
}

function verbLines(command: string, { name, options, words, isRow }: VerbOffer): readonly string[] {
  const way = name === '' ? command : `${command} ${name}`;
  const before = way.split(' ').length;
  return [
    ...options
      .filter((option) => option.name !== 'help')
      .map((option) =>
        line(
          `__rest_sessions_at -1 ${way}`,
          `-l ${option.name} -d ${quoted(option.text)}${option.value === null ? '' : ` ${whatFollows(option.value)}`}`,
        ),
      ),
    ...words.flatMap((offer, i) => {
      if (!offer.files && offer.words.length === 0) return [];
      const count = isRow && i === words.length - 1 ? -1 : before + i;
      return [line(`__rest_sessions_at ${count} ${way}`, offer.files ? '-F' : `-a ${quoted(offer.words.join(' '))}`)];
    }),
  ];
}

function whatFollows({ files, words, isList }: Offer): string {
  if (files) return '-r -F';
  if (words.length === 0) return '-x';
  if (isList) return `-x -a ${quoted(`(__rest_sessions_list ${words.join(' ')})`)}`;
  return `-x -a ${quoted(words.join(' '))}`;
}

function line(condition: string, rest: string): string {
  return `complete -c rest-sessions -n ${quoted(condition)} ${rest}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
