/** The completion for zsh: a file `_rest-sessions` in $fpath, or sourced after compinit. */
import type { CommandOffer, Offer, OptionOffer, VerbOffer } from './offers.ts';

export function zshCompletion(commands: readonly CommandOffer[]): string {
  return `#compdef rest-sessions
# Completion of rest-sessions for zsh, made by: rest-sessions completion zsh
_rest-sessions() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C ${quoted('(- 1 *)--help[says how it is called]')} ${quoted('(- 1 *)--version[says which version it is]')} ${quoted('1: :->command')} ${quoted('*:: :->words')} && return 0
  case $state in
    command)
      local -a commands=(
${commands.map(({ name, text }) => `        ${quoted(`${name}:${text}`)}`).join('\n')}
        'help:shows the help of a command'
      )
      _describe -t commands command commands
      ;;
    words)
      curcontext=\${curcontext%:*}-$line[1]:
      case $line[1] in
        help) _values command ${commands.map(({ name }) => name).join(' ')} ;;
${commands.map(caseOf).join('\n')}
      esac
      ;;
  esac
}

# Sourced, or called as the file of its name.
if [[ $funcstack[1] == _rest-sessions ]]; then _rest-sessions "$@"; else compdef _rest-sessions rest-sessions; fi
`;
}

function caseOf({ name, verbNames, verbs }: CommandOffer): string {
  if (verbNames === null) return `        ${name})\n${argumentsOf(verbs[0]!, '          ')}\n          ;;`;
  return `        ${name})
          _arguments -C ${quoted('(- 1 *)--help[says how it is called]')} ${quoted('1: :->verb')} ${quoted('*:: :->rest')} && return 0
          case $state in
            verb)
              local -a verbs=(
${verbs.map((verb) => `                ${quoted(`${verb.name}:${verb.text}`)}`).join('\n')}
              )
              _describe -t verbs verb verbs
              ;;
            rest)
              case $line[1] in
${verbs.map((verb) => `                ${verb.name})\n${argumentsOf(verb, '                  ')}\n                  ;;`).join('\n')}
              esac
              ;;
          esac
          ;;`;
}

function argumentsOf({ options, words, isRow }: VerbOffer, indent: string): string {
  const specs = [
    ...options.map(optionSpec),
    ...words.map((offer, i) => quoted(`${isRow && i === words.length - 1 ? '*' : i + 1}: :${actionOf(offer)}`)),
  ];
  return `${indent}_arguments${specs.map((spec) => ` \\\n${indent}  ${spec}`).join('')}`;
}

function optionSpec({ name, text, value }: OptionOffer): string {
  const words = `[${text.replaceAll(/[\\[\]]/g, '\\$&')}]`;
  if (value === null) return quoted(`--${name}${words}`);
  return quoted(`--${name}=${words}: :${actionOf(value)}`);
}

/** A colon would end it, and a space separate two. */
function actionOf({ files, words, isList }: Offer): string {
  if (files) return '_files';
  if (words.length === 0) return '';
  if (isList) return `_sequence compadd - ${words.join(' ')}`;
  // One that ends with a colon goes on, with the name of a file.
  if (words.some((word) => word.endsWith(':')))
    return `{if compset -P "*\\:"; then _files; else compadd -S "" - ${words.map((word) => word.replaceAll(':', '\\:')).join(' ')}; fi}`;
  return `(${words.map((word) => word.replaceAll(/[:()]/g, '\\$&')).join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
