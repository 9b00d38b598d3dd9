/** The table of all commands, in the order of --help. A new command is a file beside this one and a name here. */
import type { CommandDefinition } from '../definition.ts';
import { apps } from './apps.ts';
import { backup } from './backup.ts';
import { completion } from './completion.ts';
import { copy } from './copy.ts';
import { doctor } from './doctor.ts';
import { events } from './events.ts';
import { export as exports } from './export.ts';
import { health } from './health.ts';
import { import as imports } from './import.ts';
import { keys } from './keys.ts';
import { restore } from './restore.ts';
import { serve } from './serve.ts';
import { sessions } from './sessions.ts';
import { stats } from './stats.ts';
import { subjects } from './subjects.ts';
import { webhooks } from './webhooks.ts';

const ALL: readonly CommandDefinition[] = [
  serve,
  apps,
  sessions,
  subjects,
  events,
  webhooks,
  keys,
  health,
  doctor,
  stats,
  backup,
  restore,
  exports,
  imports,
  copy,
  completion(() => ALL),
];

export const COMMANDS: ReadonlyMap<string, CommandDefinition> = new Map(ALL.map((command) => [command.name, command]));
