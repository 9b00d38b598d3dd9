<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * What a server answered.
 *
 * @internal
 */
final class Answer
{
    /**
     * @param array<string, string> $headers by their names in small letters
     */
    public function __construct(
        public readonly int $status,
        private readonly array $headers,
        public readonly string $text,
    ) {
    }

    /** Gives the media type without its parameters, in small letters; empty for none. */
    public function media(): string
    {
        return strtolower(trim(explode(';', $this->headers['content-type'] ?? '')[0]));
    }

    /** Reads seconds, or as proxies have it an instant. Absence: null. */
    public function retryAfter(): ?int
    {
        $after = $this->headers['retry-after'] ?? '';
        if (ctype_digit($after)) {
            return (int) $after;
        }
        $at = $after === '' ? false : strtotime($after);

        return $at === false ? null : max(0, $at - time());
    }
}
