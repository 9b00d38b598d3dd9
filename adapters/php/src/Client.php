<?php

declare(strict_types=1);

namespace RestSessions;

use RestSessions\Exception\Configuration;
use RestSessions\Exception\RestSessionsException;
use RestSessions\Exception\SessionNotFound;
use RestSessions\Internal\AnswerReader;
use RestSessions\Internal\Json;
use RestSessions\Internal\Transport;

/**
 * Calls the v1 API of the server. All methods throw RestSessionsException: SessionNotFound, Timeout, ServerLost, Configuration, or the base class with the
 * server's code. A text that can be no token is SessionNotFound without a request.
 *
 * Members of sessions that are written are those of docs/api.md: subject, data, ip, userAgent, label, idleTimeout, absoluteTimeout.
 */
final class Client
{
    private readonly Transport $transport;
    private readonly AnswerReader $reader;

    /**
     * @param string $url of the server, without /v1, for example http://127.0.0.1:3000
     * @param string $app the name of the app whose sessions these are
     * @param string $key an API key; empty where the server has none
     * @param float $timeout for a whole call, with its second attempt, in seconds
     * @throws Configuration which says what is wrong; the server is not asked
     */
    public function __construct(string $url, private readonly string $app, private readonly string $key = '', float $timeout = 2.0)
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
        $base = rtrim($url, '/');
        $this->transport = new Transport($base, (int) ceil($timeout * 1000));
        $this->reader = new AnswerReader($base, $app);
    }

    /** Tells whether a text can be a token. It says nothing of whether it opens a session. */
    public static function isToken(string $text): bool
    {
        return preg_match('/\A[A-Za-z0-9._~:,-]{1,256}\z/', $text) === 1;
    }

    /**
     * Makes a session, with a token of the server. It has an Idempotency-Key of its own, so a lost answer leaves no orphan.
     *
     * @param array<string, mixed> $session
     * @return array{token: string, session: Session}
     */
    public function create(array $session = []): array
    {
        return $this->tokenAndSession($this->call('POST', '/sessions', self::key(), self::body($session), true));
    }

    /** Reads a session. With $touch someone is there: it slides the idle deadline. */
    public function get(string $token, bool $touch = false): Session
    {
        return $this->session('GET', '/session' . ($touch ? '?touch=true' : ''), $token, null, [], true);
    }

    /**
     * Changes top-level keys of the data, and touches the session. It never creates one.
     *
     * @param array<array-key, mixed> $set
     * @param list<string> $unset
     * @param array<string, mixed> $more other members of the session
     * @param string|null $lock refused with lock_lost unless this lock holds; then it ends with the change
     * @param int|null $ifVersion refused with version_mismatch unless the session has this version
     */
    public function patch(
        string $token,
        array $set = [],
        array $unset = [],
        array $more = [],
        ?string $lock = null,
        ?int $ifVersion = null,
    ): Session {
        $body = $more + ($set === [] ? [] : ['set' => (object) $set]) + ($unset === [] ? [] : ['unset' => $unset]);
        $path = $lock === null ? '/session' : '/session?release=true';

        $condition = $ifVersion === null ? [] : ["If-Match: \"$ifVersion\""];

        return $this->session('PATCH', $path, $token, $body, [...self::lockHeader($lock), ...$condition], false);
    }

    /**
     * Makes a session under a token that the caller has chosen. Errors: version_mismatch when there is one.
     *
     * @param array<string, mixed> $session
     * @param string|null $lock refused with lock_lost unless this lock holds; then it ends with the change
     */
    public function createUnder(string $token, array $session = [], ?string $lock = null): Session
    {
        $path = $lock === null ? '/session' : '/session?release=true';

        return $this->session('PUT', $path, $token, $session, ['If-None-Match: *', ...self::lockHeader($lock)], false);
    }

    /**
     * Replaces the whole data of a session.
     *
     * @param array<array-key, mixed> $data
     */
    public function replaceData(string $token, array $data): Session
    {
        $answer = $this->withToken('PUT', '/session/data', $token, Json::encode((object) $data), [], false);

        return Session::from($answer);
    }

    /** Slides the idle deadline. With an idle timeout, in seconds, that one holds from now on. */
    public function touch(string $token, int|float|null $idleTimeout = null): Session
    {
        $body = $idleTimeout === null ? null : ['idleTimeout' => $idleTimeout];

        return $this->session('POST', '/session/touch', $token, $body, [], true);
    }

    /**
     * Gives a session a new token, and with a `subject` logs somebody in. It has an Idempotency-Key of its own.
     *
     * @param array<string, mixed> $rotation also `token`, one that the caller has chosen, and `grace`, in seconds
     * @return array{token: string, session: Session}
     */
    public function rotate(string $token, array $rotation = [], ?string $lock = null): array
    {
        $headers = [...self::key(), ...self::lockHeader($lock)];

        return $this->tokenAndSession($this->withToken('POST', '/session/rotate', $token, self::body($rotation), $headers, true));
    }

    /** Ends a session. It tells whether there was one. */
    public function revoke(string $token): bool
    {
        return self::isToken($token) && self::revoked($this->withToken('DELETE', '/session', $token, null, [], true)) === 1;
    }

    /** Reads a session by its public id. */
    public function getById(string $id): Session
    {
        return Session::from($this->call('GET', '/sessions/' . rawurlencode($id), [], null, true));
    }

    /** Ends a session by its public id. It tells whether there was one. */
    public function revokeById(string $id): bool
    {
        return self::revoked($this->call('DELETE', '/sessions/' . rawurlencode($id), [], null, true)) === 1;
    }

    /**
     * Gives a page of the sessions of the app, or of a user: the latest activity first.
     *
     * @param array{activeWithin?: int|float, limit?: int, cursor?: string} $options
     * @return array{sessions: list<Session>, cursor: ?string} the cursor leads to the next page; null on the last
     */
    public function list(?string $subject = null, array $options = []): array
    {
        $path = $subject === null ? '/sessions' : self::ofSubject($subject);
        $query = $options === [] ? '' : '?' . http_build_query($options);
        $answer = Json::members($this->call('GET', $path . $query, [], null, true));

        return [
            'sessions' => array_map(Session::from(...), array_values(Json::members($answer['sessions'] ?? null))),
            'cursor' => $answer['cursor'] ?? null,
        ];
    }

    /** Ends all sessions of a user, but for the one with the public id $except. It gives how many. */
    public function revokeSubject(string $subject, ?string $except = null): int
    {
        $query = $except === null ? '' : '?' . http_build_query(['except' => $except]);

        return self::revoked($this->call('DELETE', self::ofSubject($subject) . $query, [], null, true));
    }

    /**
     * Tells for each token whether it opens a session, in order. Asking is no activity. 500 tokens at most.
     *
     * @param list<string> $tokens
     * @return list<?Session>
     */
    public function verify(array $tokens): array
    {
        $answer = $this->call('POST', '/sessions:verify', [], Json::encode(['tokens' => $tokens]), true);
        $results = Json::members(Json::members($answer)['results'] ?? null);
        $sessionOf = static function (mixed $result): ?Session {
            $of = Json::members($result);

            return ($of['active'] ?? false) === true ? Session::from($of['session'] ?? null) : null;
        };

        return array_values(array_map($sessionOf, $results));
    }

    /**
     * Waits for the lock of a session and takes it. Errors: session_locked when the wait is over.
     *
     * @param float $lease for how many seconds it holds at most
     * @param float $wait how many seconds to wait, beside the time of a call
     * @return array{lock: string, session: ?Session} null: the token opens no session
     */
    public function lock(string $token, float $lease = 30, float $wait = 0): array
    {
        $body = Json::encode(['lease' => $lease, 'wait' => $wait]);
        $moreMs = (int) ceil($wait * 1000);
        $answer = Json::members($this->withToken('POST', '/session/lock', $token, $body, [], false, $moreMs));
        $session = $answer['session'] ?? null;

        return ['lock' => (string) ($answer['lock'] ?? ''), 'session' => $session === null ? null : Session::from($session)];
    }

    /** Ends a lock. One that does not hold any more makes no difference. */
    public function unlock(string $token, string $lock): void
    {
        $this->withToken('DELETE', '/session/lock', $token, null, self::lockHeader($lock), true);
    }

    /**
     * @param array<string, mixed>|null $body
     * @param list<string> $headers
     */
    private function session(string $method, string $path, string $token, ?array $body, array $headers, bool $repeatable): Session
    {
        $text = $body === null ? null : self::body($body);

        return Session::from($this->withToken($method, $path, $token, $text, $headers, $repeatable));
    }

    /** @param list<string> $headers */
    private function withToken(
        string $method,
        string $path,
        string $token,
        ?string $body,
        array $headers,
        bool $repeatable,
        int $moreMs = 0,
    ): mixed {
        if (!self::isToken($token)) {
            throw new SessionNotFound('session_not_found', 'this can be no token');
        }

        return $this->call($method, $path, ["Session-Token: $token", ...$headers], $body, $repeatable, $moreMs);
    }

    /** @param list<string> $headers */
    private function call(string $method, string $path, array $headers, ?string $body, bool $repeatable, int $moreMs = 0): mixed
    {
        if ($body !== null) {
            $headers[] = 'Content-Type: application/json';
        }
        if ($this->key !== '') {
            $headers[] = "Authorization: Bearer $this->key";
        }
        $path = "/v1/apps/$this->app$path";
        $answer = $this->transport->send($method, $path, $headers, $body, $repeatable, $moreMs);

        return $this->reader->read($answer, $repeatable);
    }

    /** @return array{token: string, session: Session} */
    private function tokenAndSession(mixed $answer): array
    {
        $of = Json::members($answer);

        return ['token' => (string) ($of['token'] ?? ''), 'session' => Session::from($of['session'] ?? null)];
    }

    private static function revoked(mixed $answer): int
    {
        return (int) (Json::members($answer)['revoked'] ?? 0);
    }

    /** URLs take "." and ".." for steps, so the server cannot see them. */
    private static function ofSubject(string $subject): string
    {
        if (in_array($subject, ['', '.', '..'], true)) {
            throw new RestSessionsException('invalid_request', "a subject must not be \"$subject\"");
        }

        return '/subjects/' . rawurlencode($subject) . '/sessions';
    }

    /**
     * @param array<string, mixed> $body
     */
    private static function body(array $body): string
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

    /** @return list<string> */
    private static function key(): array
    {
        return ['Idempotency-Key: ' . bin2hex(random_bytes(16))];
    }

    /** @return list<string> */
    private static function lockHeader(?string $lock): array
    {
        return $lock === null ? [] : ["Session-Lock: $lock"];
    }
}
