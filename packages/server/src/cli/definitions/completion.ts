import type { CommandDefinition } from '../definition.ts';

/** `all`: what there is to complete, itself included. */
export const completion = (all: () => Iterable<CommandDefinition>): CommandDefinition => ({
  name: 'completion',
  summary: 'prints what teaches a shell to complete the words of this command',
  text: `The Debian package has installed it. Elsewhere, a line in the start file of the shell does: of ~/.bashrc the example for bash, and so of the
others. In zsh it comes after compinit.`,
  verbs: {
    '': {
      usage: 'completion bash|zsh|fish',
      text: '',
      options: {},
      examples: [
        { line: 'source <(rest-sessions completion bash)', text: 'in ~/.bashrc' },
        { line: 'source <(rest-sessions completion zsh)', text: 'in ~/.zshrc' },
        { line: 'rest-sessions completion fish | source', text: 'in ~/.config/fish/config.fish' },
      ],
    },
  },
  load: async () => (await import('../completion-command.ts')).completionOf(all),
});
