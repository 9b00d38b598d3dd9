/** The app that a person names, checked. */
import { checkApp } from '../core/validate.ts';
import { UsageFault } from './source.ts';

/** Errors: UsageFault. */
export function checkAppOption(app: string): void {
  try {
    checkApp(app);
  } catch (error) {
    throw new UsageFault((error as Error).message.replace('app must', '--app must'));
  }
}
