<?php

declare(strict_types=1);

namespace RestSessions;

/**
 * Events are missing: those behind the position that was asked for are gone, or this reader was too slow. What is known of sessions must be asked anew.
 */
final class Resync
{
    /** @param string $position where the stream goes on */
    public function __construct(public readonly string $position)
    {
    }
}
