<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * The whole text of PHP as one value that no other stack reads, whatever wrote it.
 *
 * @internal
 */
final class OpaqueFormat implements Format
{
    private string $before = '';
    private string $after = '';

    public function __construct(private readonly PhpText $php)
    {
    }

    public function read(\stdClass $data): string
    {
        $own = $data->{self::PRIVATE_KEY} ?? '';

        return $this->before = $this->after = is_string($own) ? (string) base64_decode($own) : '';
    }

    public function change(string $text): Change
    {
        $this->after = $text;
        $values = $this->php->decode($text);
        if ($text === $this->before || ($values === [] && $this->before === '')) {
            return new Change([], [], $values);
        }

        return new Change([self::PRIVATE_KEY => base64_encode($text)], [], $values);
    }

    public function written(): void
    {
        $this->before = $this->after;
    }

    /** The later one wins: what another page has written cannot be looked into. */
    public function rebase(Change $change, \stdClass $theirs): Change
    {
        return $change;
    }
}
