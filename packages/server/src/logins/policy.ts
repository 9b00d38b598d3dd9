/** The rules that sessions of the console live under. No policy file changes them. */
import { DEFAULT_POLICY, type Policy } from '../core/policy.ts';

const MINUTE = 60_000;

export const CONSOLE_POLICY: Policy = Object.freeze({
  ...DEFAULT_POLICY,
  idleTimeout: 15 * MINUTE,
  maxIdleTimeout: 15 * MINUTE,
  absoluteTimeout: 480 * MINUTE,
  maxAbsoluteTimeout: 480 * MINUTE,
  // Who logs in again and again leaves no more than these behind.
  maxSessionsPerSubject: 20,
  onLimit: 'revokeLeastRecentlyUsed',
  classic: false,
});
