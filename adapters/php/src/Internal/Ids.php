<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * The ids that PHP has for sessions, and the tokens that the server has for them. They are the same, unless an application has chosen an id that is
 * too short for a token.
 *
 * @internal
 */
final class Ids
{
    /** The shortest token that the server takes for a new session. */
    private const SHORTEST = 22;
    /** For 4, 5 and 6 bits. PHP has a comma, too; in a cookie it writes that as %2C, and other stacks would read another token. */
    private const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-';

    /** Makes an id as session.sid_length and session.sid_bits_per_character say. */
    public static function make(): string
    {
        $length = max(self::SHORTEST, min(256, (int) ini_get('session.sid_length') ?: 32));
        $last = [4 => 15, 5 => 31][(int) ini_get('session.sid_bits_per_character')] ?? strlen(self::LETTERS) - 1;
        $id = '';
        while (strlen($id) < $length) {
            $id .= self::LETTERS[random_int(0, $last)];
        }

        return $id;
    }

    /** Gives the token of an id. */
    public static function tokenOf(string $id): string
    {
        return strlen($id) < self::SHORTEST && preg_match('/\A[A-Za-z0-9,-]+\z/', $id) === 1 ? 'php.' . hash('sha256', $id) : $id;
    }

    /** Tells whether a request brings this id, in whatever place. If not, it is the application that has chosen it. */
    public static function isVisitors(string $id): bool
    {
        foreach ([$_COOKIE, $_GET, $_POST] as $values) {
            if (in_array($id, $values, true)) {
                return true;
            }
        }
        foreach ($_SERVER as $name => $text) {
            $isOfRequest = str_starts_with((string) $name, 'HTTP_') || in_array($name, ['REQUEST_URI', 'QUERY_STRING', 'PATH_INFO'], true);
            // A short id may stand in a longer text by chance.
            $isThere = is_string($text) && (strlen($id) < self::SHORTEST ? $text === $id : str_contains($text, $id));
            if ($isOfRequest && $isThere) {
                return true;
            }
        }

        return false;
    }
}
