/** What callers write into free texts and must be told to nobody. Logs, events and histories are read by more people than tokens are for. */

/** Tokens and API keys that this server made. */
const SECRETS = /rs(?:k_[A-Za-z0-9]{36}|[0-9a-f]{2}[A-Za-z0-9]{60}|[0-9a-f]{2}[A-Za-z0-9]{36})/g;

/** Gives a text in which each secret is a word for one. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRETS, '[secret]');
}
