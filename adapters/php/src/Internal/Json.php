<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * JSON as other stacks mean it. PHP has one array for JSON's lists and objects, so an object that becomes empty, or whose names are numbers, would turn
 * into a list. What was an object when it was read is therefore written as an object again.
 *
 * @internal
 */
final class Json
{
    private const DEPTH = 100_000;
    private const FLAGS = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR;
    /** Arrays that are deeper, or go round in a circle, are left to serialize(). */
    public const NESTED = 500;

    public static function encode(mixed $value): string
    {
        return json_encode($value, self::FLAGS, self::DEPTH);
    }

    /**
     * Decodes a text, with \stdClass for objects.
     *
     * @throws \JsonException when it is not JSON
     */
    public static function decode(string $text): mixed
    {
        try {
            return json_decode($text, false, self::DEPTH, JSON_THROW_ON_ERROR);
        } catch (\JsonException $error) {
            if ($error->getCode() === JSON_ERROR_UTF16) {
                return self::decode(self::withoutLoneSurrogates($text));
            }
            // PHP has no property whose name begins with NUL, but arrays may have such a key.
            if ($error->getCode() === JSON_ERROR_INVALID_PROPERTY_NAME) {
                return json_decode($text, true, self::DEPTH, JSON_THROW_ON_ERROR);
            }
            throw $error;
        }
    }

    /**
     * Gives the members of an object, or the items of a list. Absence: none, of anything else.
     *
     * @return array<array-key, mixed>
     */
    public static function members(mixed $value): array
    {
        return match (true) {
            $value instanceof \stdClass => get_object_vars($value),
            is_array($value) => $value,
            default => [],
        };
    }

    /** Makes arrays of all objects. */
    public static function arrays(mixed $value): mixed
    {
        return is_array($value) || $value instanceof \stdClass ? array_map(self::arrays(...), self::members($value)) : $value;
    }

    /** Tells whether a value of PHP comes back from JSON as it is. */
    public static function has(mixed $value, int $depth = 0): bool
    {
        if (is_array($value)) {
            if ($depth > self::NESTED) {
                return false;
            }
            foreach ($value as $key => $item) {
                if (is_string($key) && (str_starts_with($key, "\0") || !self::isText($key)) || !self::has($item, $depth + 1)) {
                    return false;
                }
            }

            return true;
        }

        return match (true) {
            is_string($value) => self::isText($value),
            is_float($value) => is_finite($value),
            default => $value === null || is_bool($value) || is_int($value),
        };
    }

    /**
     * Gives a value with objects where there were objects before.
     *
     * @param mixed $before what was read in the same place, decoded by decode()
     */
    public static function shaped(mixed $value, mixed $before): mixed
    {
        if (!is_array($value)) {
            return $value;
        }
        $old = self::members($before);
        $shaped = [];
        foreach ($value as $key => $item) {
            $shaped[$key] = self::shaped($item, $old[$key] ?? null);
        }

        // Items in the place of named members are a list that the page has put there.
        $isList = $shaped !== [] && array_is_list($shaped) && ($old === [] || !array_is_list($old));

        return $before instanceof \stdClass && !$isList ? (object) $shaped : $shaped;
    }

    private static function isText(string $text): bool
    {
        return preg_match('//u', $text) === 1;
    }

    /** A half of a character beyond the basic plane is no text in PHP. What is shown of it is the replacement character. */
    private static function withoutLoneSurrogates(string $text): string
    {
        $escape = '/(\\\\\\\\)|(\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}/';

        return preg_replace_callback(
            $escape,
            static fn (array $found): string => isset($found[1]) ? $found[0] : '\\ufffd',
            $text,
        ) ?? $text;
    }
}
