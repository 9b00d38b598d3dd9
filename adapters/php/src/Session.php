<?php

declare(strict_types=1);

namespace RestSessions;

use RestSessions\Internal\Json;

/**
 * A session as the server tells of it. Instants are texts of RFC 3339 in UTC; null where there is none.
 */
final class Session
{
    /**
     * @param array<array-key, mixed> $data what the application keeps, with arrays for JSON's objects
     * @param \stdClass $tree the same, with objects for JSON's objects
     */
    private function __construct(
        public readonly string $id,
        public readonly string $app,
        public readonly ?string $subject,
        public readonly ?string $createdAt,
        public readonly ?string $authenticatedAt,
        public readonly ?string $lastSeenAt,
        public readonly ?string $expiresAt,
        public readonly ?string $absoluteExpiresAt,
        public readonly int|float|null $idleTimeout,
        public readonly int $version,
        public readonly ?string $ip,
        public readonly ?string $userAgent,
        public readonly ?string $label,
        public readonly array $data,
        public readonly \stdClass $tree,
    ) {
    }

    /**
     * @internal
     * @param mixed $answer what the server said, decoded by Json::decode()
     * @throws \UnexpectedValueException when it is no session
     */
    public static function from(mixed $answer): self
    {
        $of = Json::members($answer);
        $tree = $of['data'] ?? null;
        if (is_array($tree) && is_array($answer)) {
            // All objects are arrays where a name is none that an object of PHP can have. As a key of the data such a name is not shown, and stays.
            $tree = (object) array_filter($tree, static fn (int|string $name): bool => !str_starts_with((string) $name, "\0"), ARRAY_FILTER_USE_KEY);
        }
        if (!is_string($of['id'] ?? null) || !is_int($of['version'] ?? null) || !$tree instanceof \stdClass) {
            throw new \UnexpectedValueException('it is no session');
        }

        return new self(
            $of['id'],
            (string) ($of['app'] ?? ''),
            $of['subject'] ?? null,
            $of['createdAt'] ?? null,
            $of['authenticatedAt'] ?? null,
            $of['lastSeenAt'] ?? null,
            $of['expiresAt'] ?? null,
            $of['absoluteExpiresAt'] ?? null,
            $of['idleTimeout'] ?? null,
            $of['version'],
            $of['ip'] ?? null,
            $of['userAgent'] ?? null,
            $of['label'] ?? null,
            Json::members(Json::arrays($of['data'])),
            $tree,
        );
    }
}
