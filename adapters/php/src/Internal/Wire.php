<?php

declare(strict_types=1);

namespace RestSessions\Internal;

use RestSessions\Exception\RestSessionsException;

/**
 * How the arguments of a call are written into its request.
 *
 * @internal
 */
final class Wire
{
    /** URLs take "." and ".." for steps, so the server cannot see them. */
    public static function ofSubject(string $subject, string $what): string
    {
        if (in_array($subject, ['', '.', '..'], true)) {
            throw new RestSessionsException('invalid_request', "a subject must not be \"$subject\"");
        }

        return '/subjects/' . rawurlencode($subject) . "/$what";
    }

    /**
     * @param array<string, string|int|float|null> $members null: not there
     */
    public static function query(array $members): string
    {
        $query = http_build_query($members, '', '&', PHP_QUERY_RFC3986);

        return $query === '' ? '' : "?$query";
    }

    /**
     * @param list<string> $types
     * @return array<string, string>
     */
    public static function choice(array $types): array
    {
        return $types === [] ? [] : ['types' => implode(',', $types)];
    }

    /**
     * @param array<string, mixed> $body
     */
    public static function body(array $body): string
    {
        foreach (['data', 'set'] as $member) {
            if (is_array($body[$member] ?? null)) {
                $body[$member] = (object) $body[$member];
            }
        }
        try {
            return Json::encode((object) $body);
        } catch (\JsonException $error) {
            throw new RestSessionsException('invalid_request', 'the data cannot be sent as JSON: ' . $error->getMessage());
        }
    }
}
