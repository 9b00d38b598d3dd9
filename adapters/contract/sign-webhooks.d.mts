import type { WebhookVectors } from './fake-server.mjs';

export const FILE: URL;
export function webhookVectors(): WebhookVectors;
