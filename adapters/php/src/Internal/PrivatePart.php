<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * PHP's own part of a session: an array, as serialize() has it.
 *
 * @internal
 */
final class PrivatePart
{
    /**
     * Puts what a page changed into what is there by now, key by key.
     *
     * @param string $before as the page read it; empty for none, like the others
     * @param string $mine as the page leaves it
     * @param string $theirs as it is now
     * @param string|null $bag the key under which there are keys again; null for none
     */
    public static function merge(string $before, string $mine, string $theirs, ?string $bag): string
    {
        [$old, $new, $merged] = array_map(self::values(...), [$before, $mine, $theirs]);
        if ($old === null || $new === null || $merged === null) {
            // What is no array cannot be put together.
            return $mine;
        }
        $inner = $bag === null ? null : self::changed((array) ($old[$bag] ?? []), (array) ($new[$bag] ?? []), (array) ($merged[$bag] ?? []));
        $merged = self::changed($old, $new, $merged);
        if ($inner !== null) {
            unset($merged[$bag]);
            $merged += $inner === [] ? [] : [$bag => $inner];
        }

        return $merged === [] ? '' : serialize($merged);
    }

    /**
     * @param array<array-key, mixed> $old
     * @param array<array-key, mixed> $new
     * @param array<array-key, mixed> $theirs
     * @return array<array-key, mixed>
     */
    private static function changed(array $old, array $new, array $theirs): array
    {
        foreach ($new as $key => $value) {
            if (!array_key_exists($key, $old) || serialize($old[$key]) !== serialize($value)) {
                $theirs[$key] = &$new[$key];
            }
        }

        return array_diff_key($theirs, array_diff_key($old, $new));
    }

    /** @return array<array-key, mixed>|null */
    private static function values(string $text): ?array
    {
        $values = $text === '' ? [] : @unserialize($text);

        return is_array($values) ? $values : null;
    }
}
