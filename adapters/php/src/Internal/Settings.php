<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * What belongs to our sessions in the configuration of PHP.
 *
 * @internal
 */
final class Settings
{
    public static function apply(): void
    {
        $https = filter_var($_SERVER['HTTPS'] ?? '', FILTER_VALIDATE_BOOLEAN);
        $settings = [
            'use_strict_mode' => '1',
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
}
