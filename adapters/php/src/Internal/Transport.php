<?php

declare(strict_types=1);

namespace RestSessions\Internal;

use RestSessions\Exception\ServerLost;
use RestSessions\Exception\Timeout;

/**
 * Sends requests by curl, over a connection that is kept as long as the process lets it: under php-fpm for one request of a visitor, in workers and
 * commands for good.
 *
 * curl itself sends a request again when a kept connection turns out to be dead, whatever the method. For a write that is wrong: the server may have
 * done it. So the body of what must not go out twice is handed over piece by piece, which curl cannot take back.
 *
 * @internal
 */
final class Transport
{
    private const CONNECT_MS = 1000;
    /** What holds for each request. */
    public const OPTIONS = [
        CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
        CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
        // A redirect would take tokens and keys to wherever it points, and so would a proxy of the environment.
        CURLOPT_FOLLOWLOCATION => false,
        CURLOPT_PROXY => '',
        CURLOPT_NOSIGNAL => true,
        CURLOPT_CONNECTTIMEOUT_MS => self::CONNECT_MS,
    ];
    private const EARLY_MS = 50;

    /** @var array<string, \CurlHandle> one for each server, by its URL */
    private static array $handles = [];
    /** @var array<string, bool> whether the handle has a connection that it will take again */
    private static array $connected = [];
    private static int $process = 0;
    /** @var list<\CurlHandle> those of the process that this one was forked from: to close them would end its connections */
    private static array $inherited = [];

    public function __construct(private readonly string $base, private readonly int $timeoutMs)
    {
    }

    /**
     * @param list<string> $headers
     * @param string|null $body null for none
     * @param bool $repeatable whether it does no harm twice, because it is a read or has an Idempotency-Key
     * @throws Timeout
     * @throws ServerLost
     */
    public function send(string $method, string $path, array $headers, ?string $body, bool $repeatable, int $moreMs = 0): Answer
    {
        $ends = hrtime(true) + ($this->timeoutMs + $moreMs) * 1_000_000;
        $url = $this->base . $path;
        $hadConnection = self::$connected[$this->base] ?? false;
        [$answer, $error, $connects] = $this->attempt($url, $method, $headers, $body, $repeatable, $ends, false);
        if ($answer === null && $repeatable && $error !== CURLE_OPERATION_TIMEDOUT && hrtime(true) < $ends) {
            // After a dead connection curl has already tried a fresh one.
            if (!$hadConnection || $connects === 0) {
                [$answer, $error] = $this->attempt($url, $method, $headers, $body, $repeatable, $ends, true);
            }
        }
        if ($answer !== null) {
            return $answer;
        }
        // curl counts in milliseconds, and may be done a little early. Well before the end it was the time for a connection that was over.
        if ($error === CURLE_OPERATION_TIMEDOUT && hrtime(true) >= $ends - self::EARLY_MS * 1_000_000) {
            $seconds = ($this->timeoutMs + $moreMs) / 1000;
            throw new Timeout('timeout', "$this->base did not answer within $seconds s", 0, $repeatable);
        }
        throw new ServerLost('unreachable', "$this->base cannot be reached: " . curl_strerror($error), 0, $repeatable);
    }

    /**
     * @param list<string> $headers
     * @return array{?Answer, int, int} the answer, else curl's error; and how many connections were made
     */
    private function attempt(
        string $url,
        string $method,
        array $headers,
        ?string $body,
        bool $repeatable,
        int $ends,
        bool $fresh,
    ): array {
        $curl = $this->handle();
        $answered = [];
        curl_setopt_array($curl, [
            CURLOPT_URL => $url,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => [...$headers, 'Expect:'],
            CURLOPT_TIMEOUT_MS => max(1, intdiv($ends - hrtime(true), 1_000_000)),
            CURLOPT_FRESH_CONNECT => $fresh,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_HEADERFUNCTION => static function ($_curl, string $line) use (&$answered): int {
                [$name, $value] = [...explode(':', $line, 2), ''];
                $answered[strtolower(trim($name))] = trim($value);

                return strlen($line);
            },
        ] + self::OPTIONS);
        if ($body !== null && $repeatable) {
            curl_setopt($curl, CURLOPT_POSTFIELDS, $body);
        } elseif ($body !== null) {
            $at = 0;
            curl_setopt_array($curl, [
                CURLOPT_UPLOAD => true,
                CURLOPT_INFILESIZE => strlen($body),
                CURLOPT_READFUNCTION => static function ($_curl, $_file, int $length) use ($body, &$at): string {
                    $piece = substr($body, $at, $length);
                    $at += strlen($piece);

                    return $piece;
                },
            ]);
        }
        $text = curl_exec($curl);
        $error = curl_errno($curl);
        self::$connected[$this->base] = $error === 0 && strtolower($answered['connection'] ?? '') !== 'close';
        if ($error !== 0) {
            return [null, $error, (int) curl_getinfo($curl, CURLINFO_NUM_CONNECTS)];
        }

        return [new Answer((int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $answered, (string) $text), 0, 0];
    }

    private function handle(): \CurlHandle
    {
        if (self::$process !== getmypid()) {
            array_push(self::$inherited, ...array_values(self::$handles));
            self::$handles = self::$connected = [];
            self::$process = (int) getmypid();
        }
        $curl = self::$handles[$this->base] ??= curl_init();
        curl_reset($curl);

        return $curl;
    }
}
