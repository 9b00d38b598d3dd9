<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * PHP puts the cookie of a new session into the answer as soon as the session starts. Here it is taken out again where nothing is kept.
 *
 * @internal
 */
final class Cookie
{
    /** Takes the cookie of the session out of the answer, as long as the answer has not begun: the browser keeps the one that it has. */
    public static function drop(): void
    {
        $name = session_name();
        if (headers_sent() || !self::isUsed()) {
            return;
        }
        $own = strtolower("Set-Cookie: $name=");
        $cookies = array_filter(headers_list(), static fn (string $line): bool => stripos($line, 'set-cookie:') === 0);
        $others = array_filter($cookies, static fn (string $line): bool => !str_starts_with(strtolower($line), $own));
        if (count($others) === count($cookies)) {
            return;
        }
        header_remove('Set-Cookie');
        foreach ($others as $line) {
            header($line, false);
        }
    }

    /** Takes away what the browser has, which opens nothing. */
    public static function clear(): void
    {
        $name = (string) session_name();
        if (headers_sent() || !self::isUsed() || !isset($_COOKIE[$name])) {
            return;
        }
        $params = session_get_cookie_params();
        unset($params['lifetime']);
        setcookie($name, '', ['expires' => 1] + $params);
    }

    private static function isUsed(): bool
    {
        return Settings::isOn('use_cookies');
    }
}
