<?php

declare(strict_types=1);

namespace RestSessions;

use RestSessions\Internal\Json;

/**
 * A session in the history of a user. Instants are texts of RFC 3339 in UTC; null where nobody has said.
 */
final class EndedSession
{
    /**
     * @param string $reason logout, revoked, subject, app, cap, idle, absolute, replaced or moved
     * @param string|null $by the API key or the user of the console that ended it
     * @param string|null $note what the caller gave as the reason
     */
    private function __construct(
        public readonly string $id,
        public readonly ?string $label,
        public readonly ?string $ip,
        public readonly ?string $userAgent,
        public readonly string $createdAt,
        public readonly string $lastSeenAt,
        public readonly string $endedAt,
        public readonly string $reason,
        public readonly ?string $by,
        public readonly ?string $note,
    ) {
    }

    /** @internal */
    public static function from(mixed $entry): self
    {
        $of = Json::members($entry);

        return new self(
            (string) ($of['id'] ?? ''),
            $of['label'] ?? null,
            $of['ip'] ?? null,
            $of['userAgent'] ?? null,
            (string) ($of['createdAt'] ?? ''),
            (string) ($of['lastSeenAt'] ?? ''),
            (string) ($of['endedAt'] ?? ''),
            (string) ($of['reason'] ?? ''),
            $of['by'] ?? null,
            $of['note'] ?? null,
        );
    }
}
