/** The app that a person names, checked. */
import { checkApp } from '../core/validate.ts';
import { UsageFault } from './source.ts';

/** There are no sessions of the app that was named. The command ends with 3. */
export class NoSuchApp extends Error {
  override readonly name = 'NoSuchApp';

  /** `where`: what was looked at, in words. */
  constructor(app: string, where: string) {
    super(`there is no session of the app ${app} in ${where}`);
  }
}

/** Errors: UsageFault. */
export function checkAppOption(app: string): void {
  try {
    checkApp(app);
  } catch (error) {
    throw new UsageFault((error as Error).message.replace('app must', '--app must'));
  }
}
