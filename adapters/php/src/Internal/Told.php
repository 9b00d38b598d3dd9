<?php

declare(strict_types=1);

namespace RestSessions\Internal;

use RestSessions\EndedSession;
use RestSessions\Session;

/**
 * What the answers of the server hold, decoded by Json::decode(). Another server may well answer 200 with JSON, such as the page of a proxy that says that
 * it is being worked on. What lacks something that ours always has is none of it, and is never taken for an empty session.
 *
 * Every method throws \UnexpectedValueException then.
 *
 * @internal
 */
final class Told
{
    public static function session(mixed $answer): Session
    {
        return Session::from($answer);
    }

    /** @return array{token: string, session: Session} */
    public static function tokenAndSession(mixed $answer): array
    {
        return ['token' => self::text($answer, 'token'), 'session' => Session::from(self::member($answer, 'session'))];
    }

    /** @return array{lock: string, session: ?Session} */
    public static function lock(mixed $answer): array
    {
        $session = self::member($answer, 'session');

        return ['lock' => self::text($answer, 'lock'), 'session' => $session === null ? null : Session::from($session)];
    }

    /** @return array{sessions: list<Session>, cursor: ?string} */
    public static function page(mixed $answer): array
    {
        $cursor = self::member($answer, 'cursor');

        return [
            'sessions' => array_map(Session::from(...), self::items($answer, 'sessions')),
            'cursor' => $cursor === null ? null : self::text($answer, 'cursor'),
        ];
    }

    /**
     * @param int $count how many tokens were asked for
     * @return list<?Session>
     */
    public static function verified(mixed $answer, int $count): array
    {
        $results = self::items($answer, 'results');
        if (count($results) !== $count) {
            throw new \UnexpectedValueException("it does not tell of $count tokens");
        }

        return array_map(
            static fn (mixed $of): ?Session => self::member($of, 'active') === true ? Session::from(self::member($of, 'session')) : null,
            $results,
        );
    }

    /** @return list<EndedSession> */
    public static function history(mixed $answer): array
    {
        return array_map(EndedSession::from(...), self::items($answer, 'history'));
    }

    /** Gives how many there were. */
    public static function count(mixed $answer, string $name): int
    {
        $count = self::member($answer, $name);

        return is_int($count) ? $count : throw new \UnexpectedValueException("it has no number $name");
    }

    /** @return list<mixed> */
    private static function items(mixed $answer, string $name): array
    {
        $items = self::member($answer, $name);

        return is_array($items) && array_is_list($items) ? $items : throw new \UnexpectedValueException("it has no list $name");
    }

    private static function text(mixed $answer, string $name): string
    {
        $text = self::member($answer, $name);

        return is_string($text) && $text !== '' ? $text : throw new \UnexpectedValueException("it has no text $name");
    }

    private static function member(mixed $answer, string $name): mixed
    {
        $members = Json::members($answer);

        return array_key_exists($name, $members) ? $members[$name] : throw new \UnexpectedValueException("it has no $name");
    }
}
