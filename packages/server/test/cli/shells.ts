/** The shells themselves, each asked what it offers at the end of a line, with our completion loaded. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTerminal } from '../support/terminal.ts';

/** Gives what is offered for each line, in the order of the lines; `folder`: where the line is typed, `script`: the completion. */
export type Ask = (lines: readonly string[], folder: string, script: string) => Promise<readonly (readonly string[])[]>;

export function isHere(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
}

export const SHELLS: Readonly<Record<string, Ask>> = {
  /** As readline does it: the line is split at spaces and, as words of their own, at `=` and `:`. */
  async bash(lines, folder, script) {
    const asked = lines.map((line) => {
      const words = line.split(/\s+/).flatMap((word) => word.match(/[=:]+|[^=:]+/g) ?? ['']);
      const quoted = words.map((word) => `'${word}'`).join(' ');
      return `COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${quoted}) COMP_CWORD=${words.length - 1}
        _rest_sessions 2>&1; printf '%s\\n' "\${COMPREPLY[@]}"; printf '\\0'`;
    });
    return partsOf(run('bash', ['--norc', '--noprofile'], `source '${script}'\n${asked.join('\n')}`, folder));
  },
  async fish(lines, folder, script) {
    const asked = lines.map((line) => `complete -C '${line}'; printf '\\0'`);
    const program = `source '${script}'\n${asked.join('\n')}`;
    return partsOf(run('fish', ['--no-config', '-c', program], '', folder)).map((words) =>
      words.map((word) => word.split('\t')[0]!),
    );
  },
  /** With the completion sourced, or, where its file is called `_rest-sessions`, found as Debian's is. It completes on a terminal alone: Tab is typed, and what is added to the list is written into a file, too. */
  async zsh(lines, folder, script) {
    const [out, startFile] = [join(folder, '.offered'), join(folder, '.start')];
    const start = script.endsWith('/_rest-sessions')
      ? `fpath=('${dirname(script)}' $fpath); autoload -Uz compinit; compinit -u -D`
      : `autoload -Uz compinit; compinit -u -D; source '${script}'`;
    writeFileSync(out, '');
    writeFileSync(
      startFile,
      `PS1='ready>'; ${start}
compadd() {
  local -a found
  if [[ " $* " != *" -"[OAD]" "* ]]; then builtin compadd -O found "$@"; print -rl -- $found >>! '${out}'; fi
  builtin compadd "$@"
}
tab() { zle complete-word; printf '\\0' >>! '${out}' }
zle -N tab; bindkey '^I' tab
zstyle ':completion:*' menu no
unsetopt automenu autolist beep`,
    );
    const terminal = onTerminal(['zsh', '-f', '-i'], { columns: 200, env: { HOME: folder, PS1: 'start>' } });
    await terminal.shows('start>');
    terminal.type(`cd '${folder}'; source '${startFile}'\r`);
    await terminal.shows(/ready>/);
    for (const [i, line] of lines.entries()) {
      terminal.type(`${line}\t`);
      await terminal.fills(() => readFileSync(out, 'utf8').split('\0').length > i + 1);
      terminal.type('\x15');
    }
    terminal.type('exit\r');
    await terminal.ended;
    return partsOf(readFileSync(out, 'utf8'));
  },
};

function run(shell: string, words: readonly string[], input: string, cwd: string): string {
  const { stdout, stderr, status } = spawnSync(shell, words, { input, cwd, encoding: 'utf8', timeout: 60_000 });
  if (status !== 0 || stderr !== '') throw new Error(`${shell}: ${status} ${stderr}`);
  return stdout;
}

function partsOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\0')
    .slice(0, -1)
    .map((part) => [...new Set(part.split('\n').map((word) => word.trim()))].filter((word) => word !== '').sort());
}
