/**
 * The completion for bash 4 and later, without the package bash-completion. The line is read as bash has split it: at spaces, and at `=` and
 * `:`, which are words of their own there.
 */
import type { CommandOffer, Offer, VerbOffer } from './offers.ts';

export function bashCompletion(commands: readonly CommandOffer[]): string {
  return `# Completion of rest-sessions for bash, made by: rest-sessions completion bash
_rest_sessions() {
  COMPREPLY=()
  local words=() word command='' verb='' option='' value='' rest=0 i
  # Puts together again what stands without a space between: --file=x, and lmdb:x.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((\${#words[@]} > 0)) && [[ $word == [=:] || \${COMP_WORDS[i-1]} == [=:] ]] && _rest_sessions_joined "$i"; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
  done
  local last=$((\${#words[@]} - 1))
  local current=\${words[last]}
  for ((i = 0; i < last; i++)); do
    word=\${words[i]}
    if [[ -n $option ]]; then option=''; continue; fi
    if [[ $word == --*=* ]]; then continue; fi
    if [[ $word == -* ]]; then
      if _rest_sessions_takes "$command" "$word"; then option=$word; fi
    elif [[ -z $command ]]; then command=$word
    elif [[ -z $verb && " \${_rest_sessions_with_verbs} " == *" $command "* ]]; then verb=$word
    else ((rest++))
    fi
  done
  if [[ -z $option && $current == --*=* ]]; then option=\${current%%=*}; value=\${current#*=}
  else value=$current
  fi
  local files=0 list=0 offered=()
  _rest_sessions_offers "$command" "$verb" "$option" "$rest" "$current"
  # What bash has split off stays on the line: only what is behind it is given.
  local kept=''
  if [[ $COMP_WORDBREAKS == *:* && $value == *:* ]]; then kept=\${value%:*}:; fi
  local before=''
  if ((list)) && [[ $value == *,* ]]; then before=\${value%,*},; fi
  local one
  for one in "\${offered[@]}"; do
    one=$before$one
    if [[ $one == "$value"* ]]; then COMPREPLY+=("\${one#"$kept"}"); fi
  done
  if ((files)); then
    local path=\${value#"$kept"}
    compopt -o filenames 2>/dev/null
    while IFS= read -r one; do COMPREPLY+=("$one"); done < <(compgen -f -- "$path")
  fi
  # A value that goes on, and a list that may, have no space after them.
  if ((list)) || [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[:/] ]]; then compopt -o nospace 2>/dev/null; fi
  return 0
}

# Whether the word at this place stands directly behind the one before it.
_rest_sessions_joined() {
  local line=\${COMP_LINE:0:COMP_POINT} j at=0 w
  for ((j = 0; j <= $1; j++)); do
    w=\${COMP_WORDS[j]}
    local gap=0
    while [[ \${line:at:1} == [[:space:]] ]]; do ((at++)); gap=1; done
    ((at += \${#w}))
  done
  ((gap == 0))
}

_rest_sessions_with_verbs='${commands
    .filter(({ verbNames }) => verbNames !== null)
    .map(({ name }) => name)
    .join(' ')}'

# Whether an option of a command has a value.
_rest_sessions_takes() {
  case "$1 $2" in
${commands
  .map((command) => [command.name, valuesOf(command)] as const)
  .filter(([, names]) => names.length > 0)
  .map(([name, names]) => `    ${names.map((option) => `'${name} --${option}'`).join(' | ')}) return 0 ;;`)
  .join('\n')}
  esac
  return 1
}

# Says what may stand at a place: in offered, files and list.
_rest_sessions_offers() {
  local command=$1 verb=$2 option=$3 rest=$4 current=$5
  case $command in
    '')
      if [[ $current == -* ]]; then offered=(--help --version)
      else offered=(${commands.map(({ name }) => name).join(' ')} help)
      fi
      ;;
    help)
      offered=(${commands.map(({ name }) => name).join(' ')})
      ;;
${commands.map(caseOf).join('\n')}
  esac
}

complete -F _rest_sessions rest-sessions
`;
}

function valuesOf({ verbs }: CommandOffer): readonly string[] {
  const names = verbs.flatMap(({ options }) => options.filter(({ value }) => value !== null).map(({ name }) => name));
  return [...new Set(names)];
}

function caseOf({ name, verbNames, verbs }: CommandOffer): string {
  const body =
    verbNames === null
      ? verbs.map((verb) => verbBody(verb, '      ')).join('\n')
      : [
          '      case $verb in',
          `        '') if [[ $current == -* ]]; then offered=(--help); else offered=(${verbNames.join(' ')}); fi ;;`,
          ...verbs.map((verb) => `        ${verb.name})\n${verbBody(verb, '          ')}\n          ;;`),
          '      esac',
        ].join('\n');
  return `    ${name})\n${body}\n      ;;`;
}

function verbBody({ options, words, isRow }: VerbOffer, indent: string): string {
  const valued = options.filter(({ value }) => value !== null && offers(value));
  const names = options.map((option) => `--${option.name}`).join(' ');
  const last = words.length - 1;
  const lines = [
    'case $option in',
    "  '')",
    `    if [[ $current == -* ]]; then offered=(${names})`,
    ...words.map((offer, i) => `    elif ((rest ${isRow && i === last ? '>=' : '=='} ${i})); then ${offered(offer)}`),
    // Nothing else may stand here.
    `    else offered=(${words.length === 0 ? names : ''})`,
    '    fi',
    '    ;;',
    ...valued.map(({ name, value }) => `  --${name}) ${offered(value!)} ;;`),
    'esac',
  ];
  return lines.map((line) => indent + line).join('\n');
}

function offers({ files, words }: Offer): boolean {
  return files || words.length > 0;
}

function offered({ files, words, isList }: Offer): string {
  // `lmdb:`, and then the name of a file.
  if (words.some((word) => word.endsWith(':')))
    return `if [[ $value == *:* ]]; then files=1; else offered=(${words.map((word) => `'${word}'`).join(' ')}); fi`;
  const parts = [
    ...(words.length > 0 ? [`offered=(${words.map((word) => `'${word}'`).join(' ')})`] : []),
    ...(files ? ['files=1'] : []),
    ...(isList ? ['list=1'] : []),
  ];
  return parts.length === 0 ? ':' : parts.join('; ');
}
