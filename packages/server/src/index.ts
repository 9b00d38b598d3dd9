/** The package as a library: what it takes to run a server inside another program. */
export { type Config, ConfigError, readConfig } from './config.ts';
export { createLog } from './log/log.ts';
export { type RunningServer, serve } from './serve.ts';
