<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use RestSessions\Client;

/**
 * The fake server of adapters/contract.
 */
final class Contract
{
    /** Gives what it says, with \stdClass for objects. */
    public static function ask(string $path, ?array $body = null): mixed
    {
        $post = ['method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => json_encode($body)];
        $context = stream_context_create($body === null ? [] : ['http' => $post]);

        return json_decode((string) file_get_contents(Servers::env('CONTRACT') . $path, false, $context));
    }

    /** Begins a play. @return array{Client, \stdClass} a client for it, and the play */
    public static function play(string $vector): array
    {
        $play = self::ask('/contract/plays', ['vector' => $vector]);

        return [new Client((string) Servers::env('CONTRACT'), $play->app), $play];
    }

    /** @return list<string> */
    public static function faults(\stdClass $play): array
    {
        return self::ask("/contract/plays/$play->app")->faults;
    }

    /** Waits until no connection of a play is open. It tells how many are after a while. */
    public static function open(\stdClass $play): int
    {
        for ($ends = time() + 30; ($open = self::ask("/contract/plays/$play->app")->open) > 0 && time() < $ends;) {
            usleep(10_000);
        }

        return $open;
    }
}
