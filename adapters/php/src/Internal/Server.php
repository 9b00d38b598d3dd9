<?php

declare(strict_types=1);

namespace RestSessions\Internal;

use RestSessions\Client;
use RestSessions\EventStream;
use RestSessions\Exception\Configuration;
use RestSessions\Exception\SessionNotFound;

/**
 * An app on a server: where it is, who asks, and what was asked.
 *
 * @internal
 */
final class Server
{
    private readonly string $base;
    private readonly Transport $transport;
    private readonly AnswerReader $reader;

    /** @throws Configuration which says what is wrong; the server is not asked */
    public function __construct(string $url, private readonly string $app, private readonly string $key, float $timeout)
    {
        $parts = parse_url($url);
        if (!is_array($parts) || !in_array($parts['scheme'] ?? '', ['http', 'https'], true) || ($parts['host'] ?? '') === '') {
            throw new Configuration('wrong_url', 'url must be an http or https URL');
        }
        if (array_intersect_key($parts, ['user' => 1, 'pass' => 1, 'query' => 1, 'fragment' => 1]) !== []) {
            throw new Configuration('wrong_url', 'url must have no user, query or fragment: an API key is the parameter key');
        }
        if (preg_match('/\A[A-Za-z0-9_-]{3,20}\z/', $app) !== 1) {
            throw new Configuration('wrong_app', 'app must be 3 to 20 letters, digits, _ or -');
        }
        if (preg_match('/\A[!-~]*\z/', $key) !== 1) {
            throw new Configuration('wrong_key', 'key must be visible ASCII characters without spaces');
        }
        if (!($timeout > 0) || is_infinite($timeout)) {
            throw new Configuration('wrong_timeout', 'timeout must be a positive number of seconds');
        }
        $this->base = rtrim($url, '/');
        $this->transport = new Transport($this->base, (int) ceil($timeout * 1000));
        $this->reader = new AnswerReader($this->base, $app);
    }

    /**
     * @template T
     * @param list<string> $headers
     * @param callable(mixed): T $make makes of an answer what it should be; throws \UnexpectedValueException for what is none of the server's
     * @param int $moreMs how long the server was asked to take
     * @return T
     */
    public function call(
        string $method,
        string $path,
        array $headers,
        ?string $body,
        bool $repeatable,
        callable $make,
        int $moreMs = 0,
    ): mixed {
        if ($body !== null) {
            $headers[] = 'Content-Type: application/json';
        }
        $headers = ['Accept: application/json', ...$headers, ...$this->authorization()];
        $answer = $this->transport->send($method, $this->path($path), $headers, $body, $repeatable, $moreMs);

        return $this->reader->read($answer, $repeatable, $make);
    }

    /**
     * @template T
     * @param list<string> $headers
     * @param callable(mixed): T $make
     * @return T
     */
    public function withToken(
        string $method,
        string $path,
        string $token,
        ?string $body,
        array $headers,
        bool $repeatable,
        callable $make,
        int $moreMs = 0,
    ): mixed {
        if (!Client::isToken($token)) {
            throw new SessionNotFound('session_not_found', 'this can be no token');
        }

        return $this->call($method, $path, ["Session-Token: $token", ...$headers], $body, $repeatable, $make, $moreMs);
    }

    public function stream(string $path, ?string $after, float $silence, ?\Closure $onRetry): EventStream
    {
        return new EventStream($this->base, $this->path($path), $this->authorization(), $this->reader, $after, $silence, $onRetry);
    }

    private function path(string $path): string
    {
        return "/v1/apps/$this->app$path";
    }

    /** @return list<string> */
    private function authorization(): array
    {
        return $this->key === '' ? [] : ["Authorization: Bearer $this->key"];
    }
}
