/** `rest-sessions completion SHELL`: prints the completion of a shell. */
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { type CommandOffer, offersOf } from './completion/offers.ts';
import { zshCompletion } from './completion/zsh.ts';
import type { CommandDefinition, CommandModule } from './definition.ts';
import { print } from './output.ts';

const SHELLS: Readonly<Record<string, (commands: readonly CommandOffer[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Gives the command. `all`: what there is to complete, itself included. */
export function completionOf(all: () => Iterable<CommandDefinition>): CommandModule {
  return { run: async (_verb, given) => print(SHELLS[given.words[0]!]!(offersOf(all()))) };
}
