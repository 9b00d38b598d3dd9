<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * The session that a handler has open.
 *
 * @internal
 */
final class Opened
{
    /** The token that the server still has for it, until the new one is told; null when it has this one. */
    public ?string $rotatesFrom = null;
    /** Whether that token ends at once. */
    public bool $oldEnds = false;
    /** The version of the session that was last read or written here; null for none. */
    public ?int $version = null;
    /** Whether a write has failed, so that nothing more is tried. */
    public bool $failed = false;

    /**
     * @param string $id PHP's for it
     * @param string $token the server's
     * @param bool $isNew whether the server has nothing of it
     * @param string|null $subject whose it is for the server
     * @param string|null $lock null where it is not locked
     */
    public function __construct(
        public readonly string $id,
        public readonly string $token,
        public readonly Format $format,
        public bool $isNew,
        public ?string $subject,
        public ?string $lock,
    ) {
    }

    /** Gives the same session under a new id. */
    public function under(string $id, string $token, bool $oldEnds): self
    {
        $opened = new self($id, $token, $this->format, $this->isNew, $this->subject, $this->lock);
        $opened->version = $this->version;
        if (!$this->isNew) {
            $opened->rotatesFrom = $this->rotatesFrom ?? $this->token;
            $opened->oldEnds = $oldEnds || $this->oldEnds;
        }

        return $opened;
    }
}
