<?php

declare(strict_types=1);

namespace RestSessions\Tests;

/**
 * The servers that adapters/contract/with-servers.mjs has started, and others that a test starts and ends itself.
 */
final class Servers
{
    /** @var array<int, resource> */
    private static array $processes = [];

    /** Gives a part of the environment that with-servers.mjs makes. Absence: null, of Redis only. */
    public static function env(string $name): ?string
    {
        $value = getenv("REST_SESSIONS_$name");
        if ($value === false && $name !== 'REDIS') {
            throw new \LogicException("REST_SESSIONS_$name is not set: run the tests by node adapters/contract/with-servers.mjs");
        }

        return $value === false ? null : $value;
    }

    /** @return array<string, array{string}> for data providers: the stores that are there, by name */
    public static function stores(): array
    {
        $redis = self::env('REDIS');

        return ['embedded' => [self::env('EMBEDDED')]] + ($redis === null ? [] : ['Redis' => [$redis]]);
    }

    /**
     * Starts a server on a port, 0 for a free one, with a store in a folder. Its app heard has events. It ends with the tests, or by stop().
     *
     * @return array{url: string, process: int}
     */
    public static function start(int $port, string $folder): array
    {
        $command = json_decode((string) self::env('COMMAND'), true);
        @mkdir($folder);
        file_put_contents("$folder/policy.json", '{"apps": {"heard": {"events": true}}}');
        $env = ['PATH' => getenv('PATH'), 'RS_PORT' => "$port", 'RS_STORE' => "lmdb:$folder", 'RS_CONFIG' => "$folder/policy.json"];
        [$process, $found] = self::process($command, $env, '/listens on (http:\S+)/');

        return ['url' => $found[1], 'process' => $process];
    }

    /**
     * Starts a program, and waits until its output has what it is ready by.
     *
     * @param list<string> $command
     * @param array<string, string> $env
     * @return array{int, array<int, string>} its number, for stop(), and what the pattern found
     */
    public static function process(array $command, array $env, string $ready): array
    {
        // Both outputs in one file: a pipe that nobody reads would fill up.
        $output = tempnam(sys_get_temp_dir(), 'rest-sessions-output-');
        // A group of their own: PHP's web server leaves its workers alone when it ends.
        $process = proc_open(['setsid', ...$command], [['file', '/dev/null', 'r'], ['file', $output, 'a'], ['file', $output, 'a']], $pipes, null, $env);
        self::$processes[] = $process;
        if (count(self::$processes) === 1) {
            register_shutdown_function(self::stopAll(...));
        }
        $number = (int) array_key_last(self::$processes);
        for ($ends = time() + 60; time() < $ends;) {
            if (preg_match($ready, (string) file_get_contents($output), $found) === 1) {
                unlink($output);

                return [$number, $found];
            }
            if (!proc_get_status($process)['running']) {
                break;
            }
            usleep(20_000);
        }
        throw new \RuntimeException("$command[0] did not start: " . file_get_contents($output));
    }

    public static function stop(int $number): void
    {
        $process = self::$processes[$number] ?? null;
        unset(self::$processes[$number]);
        if ($process !== null) {
            posix_kill(-proc_get_status($process)['pid'], SIGTERM);
            proc_close($process);
        }
    }

    private static function stopAll(): void
    {
        array_map(self::stop(...), array_keys(self::$processes));
    }
}
