<?php

declare(strict_types=1);

namespace RestSessions\Laravel;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Support\ServiceProvider;
use RestSessions\Client;

/**
 * The session driver `rest` of Laravel: SESSION_DRIVER=rest, and in config/services.php
 *
 *     'rest-sessions' => ['url' => 'http://127.0.0.1:3000', 'app' => 'shop', 'key' => env('REST_SESSIONS_KEY', '')],
 *
 * Further members are parameters of SessionHandler. Laravel hands over one text. It is JSON, or serialize()'s, as `session.serialization` says; with
 * `session.encrypt` it is neither, so say `'mode' => 'opaque'` with it.
 */
final class RestSessionsServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        $this->app->make('session')->extend('rest', static function (Application $app): RestSessionHandler {
            $config = $app->make('config');
            ['url' => $url, 'app' => $name] = $of = $config->get('services.rest-sessions');
            $client = new Client($url, $name, $of['key'] ?? '', (float) ($of['timeout'] ?? 2));
            $options = array_diff_key($of, ['url' => 1, 'app' => 1, 'key' => 1, 'timeout' => 1]);
            $options += ['encoding' => $config->get('session.serialization') === 'json' ? 'json' : 'serialize'];

            return new RestSessionHandler($client, ...$options);
        });
    }
}
