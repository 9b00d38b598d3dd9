<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * How the text that PHP hands to a session handler stands in the data of a session. It remembers what was read, to tell what changed.
 *
 * @internal
 */
interface Format
{
    /** The one top-level key that is ours. */
    public const PRIVATE_KEY = '_php';

    /** Takes data that was read, none for a new session, and gives the text for PHP. */
    public function read(\stdClass $data): string;

    /** Tells what leads from what was read to a text of PHP. */
    public function change(string $text): Change;

    /** Takes the last change as written. */
    public function written(): void;

    /**
     * Gives a change for a session that another page has changed since it was read. Both pages keep what they wrote of PHP's own part.
     *
     * @param \stdClass $theirs the data as they are now
     */
    public function rebase(Change $change, \stdClass $theirs): Change;
}
