/** What a caller says of why sessions end. */
import { NOTE_LENGTH } from '../../core/events.ts';
import { matching } from '../operation/faults.ts';

/** It stands in logs and in mails: on one line, and in nothing that is no text. */
const TEXT = new RegExp(`^[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]{1,${NOTE_LENGTH}}$`, 'u');

export const REASON = matching(TEXT, `1 to ${NOTE_LENGTH} characters without control characters and line breaks`);
