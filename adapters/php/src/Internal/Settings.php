<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * The session module of PHP: what of its configuration belongs to our sessions, beside the strict mode that each handler turns on, and what it is at.
 *
 * @internal
 */
final class Settings
{
    public static function apply(): void
    {
        $https = filter_var($_SERVER['HTTPS'] ?? '', FILTER_VALIDATE_BOOLEAN);
        $settings = [
            'use_only_cookies' => '1',
            'lazy_write' => '1',
            'serialize_handler' => 'php_serialize',
            'gc_probability' => '0',
            'name' => $https ? '__Host-session' : 'session',
            'cookie_path' => '/',
            'cookie_domain' => '',
            'cookie_secure' => $https ? '1' : '0',
            'cookie_httponly' => '1',
            'cookie_samesite' => 'Lax',
        ];
        foreach ($settings as $name => $value) {
            ini_set("session.$name", $value);
        }
    }

    /** Tells whether a setting of sessions is on. */
    public static function isOn(string $name): bool
    {
        return filter_var(ini_get("session.$name"), FILTER_VALIDATE_BOOLEAN);
    }

    /** Tells whether it is a function of PHP that calls: to a handler PHP does not say why it reads and writes. */
    public static function isWithin(string $caller): bool
    {
        foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS, 12) as ['function' => $function]) {
            if ($function === $caller) {
                return true;
            }
        }

        return false;
    }
}
