<?php

declare(strict_types=1);

namespace RestSessions;

use RestSessions\Exception\Configuration;
use RestSessions\Exception\RestSessionsException;
use RestSessions\Internal\Json;
use RestSessions\Internal\Server;
use RestSessions\Internal\Told;
use RestSessions\Internal\Wire;

/**
 * Calls the v1 API of the server. All methods throw RestSessionsException: SessionNotFound, Timeout, ServerLost, Configuration, or the base class with the
 * server's code. A text that can be no token is SessionNotFound without a request.
 *
 * Members of sessions that are written are those of docs/api.md: subject, data, ip, userAgent, label, idleTimeout, absoluteTimeout.
 */
final class Client
{
    private readonly Server $server;

    /**
     * @param string $url of the server, without /v1, for example http://127.0.0.1:3000
     * @param string $app the name of the app whose sessions these are
     * @param string $key an API key; empty where the server has none
     * @param float $timeout for a whole call, with its second attempt, in seconds
     * @throws Configuration which says what is wrong; the server is not asked
     */
    public function __construct(string $url, string $app, string $key = '', float $timeout = 2.0)
    {
        $this->server = new Server($url, $app, $key, $timeout);
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
        return $this->server->call('POST', '/sessions', self::key(), Wire::body($session), true, Told::tokenAndSession(...));
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
        $headers = [...self::lockHeader($lock), ...self::versionHeader($ifVersion)];

        return $this->session('PATCH', $path, $token, $body, $headers, false);
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
        $text = Json::encode((object) $data);

        return $this->server->withToken('PUT', '/session/data', $token, $text, [], false, Told::session(...));
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
     * @param string|null $lock refused with lock_lost unless this lock holds
     * @param int|null $ifVersion refused with version_mismatch unless the session has this version
     * @return array{token: string, session: Session}
     */
    public function rotate(string $token, array $rotation = [], ?string $lock = null, ?int $ifVersion = null): array
    {
        $headers = [...self::key(), ...self::lockHeader($lock), ...self::versionHeader($ifVersion)];
        $make = Told::tokenAndSession(...);

        return $this->server->withToken('POST', '/session/rotate', $token, Wire::body($rotation), $headers, true, $make);
    }

    /**
     * Ends a session. It tells whether there was one.
     *
     * @param string|null $reason why, for events, history and audit log: 200 characters at most
     */
    public function revoke(string $token, ?string $reason = null): bool
    {
        $path = '/session' . Wire::query(['reason' => $reason]);

        return self::isToken($token) && $this->server->withToken('DELETE', $path, $token, null, [], true, self::revoked(...)) === 1;
    }

    /** Reads a session by its public id. */
    public function getById(string $id): Session
    {
        return $this->server->call('GET', '/sessions/' . rawurlencode($id), [], null, true, Told::session(...));
    }

    /** Ends a session by its public id, for the same reasons. It tells whether there was one. */
    public function revokeById(string $id, ?string $reason = null): bool
    {
        $path = '/sessions/' . rawurlencode($id) . Wire::query(['reason' => $reason]);

        return $this->server->call('DELETE', $path, [], null, true, self::revoked(...)) === 1;
    }

    /**
     * Gives a page of the sessions of the app, or of a user: the latest activity first.
     *
     * @param array{activeWithin?: int|float, limit?: int, cursor?: string} $options
     * @return array{sessions: list<Session>, cursor: ?string} the cursor leads to the next page; null on the last
     */
    public function list(?string $subject = null, array $options = []): array
    {
        $path = $subject === null ? '/sessions' : Wire::ofSubject($subject, 'sessions');

        return $this->server->call('GET', $path . Wire::query($options), [], null, true, Told::page(...));
    }

    /** Ends all sessions of a user, but for the one with the public id $except. It gives how many. */
    public function revokeSubject(string $subject, ?string $except = null, ?string $reason = null): int
    {
        $path = Wire::ofSubject($subject, 'sessions') . Wire::query(['except' => $except, 'reason' => $reason]);

        return $this->server->call('DELETE', $path, [], null, true, self::revoked(...));
    }

    /**
     * Gives what has ended of a user, the latest end first, where the policy keeps a history.
     *
     * @return list<EndedSession>
     */
    public function history(string $subject): array
    {
        return $this->server->call('GET', Wire::ofSubject($subject, 'history'), [], null, true, Told::history(...));
    }

    /** Erases the history of a user. It gives how many entries there were. */
    public function eraseHistory(string $subject): int
    {
        $make = static fn (mixed $answer): int => Told::count($answer, 'erased');

        return $this->server->call('DELETE', Wire::ofSubject($subject, 'history'), [], null, true, $make);
    }

    /**
     * Gives the events of the app as they happen.
     *
     * @param string|null $after begins behind this position; null: now
     * @param list<string> $types of these types only; none: of all
     * @param string|null $subject of this user only
     * @param float $silence after how many seconds without a byte a connection counts as dead; the server sends one each 15 s
     * @param (\Closure(RestSessionsException, float): void)|null $onRetry is told why a connection ended, and the seconds until the next
     */
    public function events(
        ?string $after = null,
        array $types = [],
        ?string $subject = null,
        float $silence = 45,
        ?\Closure $onRetry = null,
    ): EventStream {
        if ($after !== null && preg_match('/\A[!-~]+\z/', $after) !== 1) {
            throw new RestSessionsException('invalid_request', 'after must be a position that the server gave');
        }

        return $this->server->stream('/events' . Wire::query(Wire::choice($types) + ['subject' => $subject]), $after, $silence, $onRetry);
    }

    /**
     * Gives a part of the events that are kept.
     *
     * @param string|null $after behind this position; null: from the oldest on; "end" gives the position of now alone
     * @param list<string> $types
     * @param float|null $wait for how many seconds to wait where there is none yet: 30 at most
     */
    public function eventPage(
        ?string $after = null,
        ?int $limit = null,
        array $types = [],
        ?string $subject = null,
        ?float $wait = null,
    ): EventPage {
        $query = ['after' => $after, 'limit' => $limit, 'subject' => $subject, 'wait' => $wait] + Wire::choice($types);
        $moreMs = (int) ceil(($wait ?? 0) * 1000);

        return $this->server->call('GET', '/events' . Wire::query($query), [], null, true, EventPage::from(...), $moreMs);
    }

    /**
     * Tells for each token whether it opens a session, in order. Asking is no activity. 500 tokens at most.
     *
     * @param list<string> $tokens
     * @return list<?Session>
     */
    public function verify(array $tokens): array
    {
        $make = static fn (mixed $answer): array => Told::verified($answer, count($tokens));

        return $this->server->call('POST', '/sessions:verify', [], Json::encode(['tokens' => $tokens]), true, $make);
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

        return $this->server->withToken('POST', '/session/lock', $token, $body, [], false, Told::lock(...), $moreMs);
    }

    /** Ends a lock. One that does not hold any more makes no difference. */
    public function unlock(string $token, string $lock): void
    {
        $make = static fn (mixed $_answer): mixed => null;
        $this->server->withToken('DELETE', '/session/lock', $token, null, self::lockHeader($lock), true, $make);
    }

    /**
     * @param array<string, mixed>|null $body
     * @param list<string> $headers
     */
    private function session(string $method, string $path, string $token, ?array $body, array $headers, bool $repeatable): Session
    {
        $text = $body === null ? null : Wire::body($body);

        return $this->server->withToken($method, $path, $token, $text, $headers, $repeatable, Told::session(...));
    }

    private static function revoked(mixed $answer): int
    {
        return Told::count($answer, 'revoked');
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

    /** @return list<string> */
    private static function versionHeader(?int $version): array
    {
        return $version === null ? [] : ["If-Match: \"$version\""];
    }
}
