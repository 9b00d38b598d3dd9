<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * What a page changed in the data of its session.
 *
 * @internal
 */
final class Change
{
    /**
     * @param array<array-key, mixed> $set top-level keys to store
     * @param list<string> $unset top-level keys to remove
     * @param array<array-key, mixed>|null $values all that the page keeps; null where that cannot be told
     */
    public function __construct(
        public readonly array $set,
        public readonly array $unset,
        public readonly ?array $values,
    ) {
    }

    public function isEmpty(): bool
    {
        return $this->set === [] && $this->unset === [];
    }
}
