<?php

declare(strict_types=1);

namespace RestSessions;

use RestSessions\Exception\Configuration;
use RestSessions\Exception\RestSessionsException;
use RestSessions\Exception\SessionNotFound;
use RestSessions\Internal\Cookie;
use RestSessions\Internal\Ids;
use RestSessions\Internal\Opened;
use RestSessions\Internal\OpaqueFormat;
use RestSessions\Internal\PhpText;
use RestSessions\Internal\Settings;
use RestSessions\Internal\SharedFormat;
use RestSessions\Internal\TouchTimes;
use RestSessions\Internal\Writer;

/**
 * $_SESSION on the server: SessionHandler::register($client), then session_start() and everything else as the manual of PHP says.
 *
 * - A page that changes nothing costs one request, one that does two: what changed is sent, not the session.
 * - A lost server is an exception of session_start() or session_write_close(), never an empty session; the cookie stays.
 * - What was ended while a page ran is not brought back: PHP warns that it could not write.
 * - session_regenerate_id() gives the session a new token. With true the old one ends at once, else after the `rotationGrace` of the policy.
 */
class SessionHandler implements \SessionHandlerInterface, \SessionIdInterface, \SessionUpdateTimestampHandlerInterface
{
    /** Keys of $_SESSION are keys of the data. */
    public const SHARED = 'shared';
    /** A session is one value that no other stack reads. */
    public const OPAQUE = 'opaque';

    private ?Opened $opened = null;
    /** @var array{id: string, session: Session}|null what validateId() read, for read() */
    private ?array $prefetched = null;
    /** What validateId() failed with. read() says so: if validateId() did, PHP would take it for "no such session" and set a new cookie. */
    private ?RestSessionsException $failure = null;
    /** Whether the session was read since PHP opened it: what fails before that takes no cookie away. */
    private bool $isRead = false;
    /** @var array<string, true> ids that were made here, and under which nothing is on the server */
    private array $made = [];
    /** The id that session_regenerate_id() is about to leave. */
    private ?string $leaving = null;
    private bool $leavingEnds = false;
    /** Whether a framework has said that what is written next is not on the server. A read before that write asks all the same. */
    private bool $nextIsNew = false;
    private readonly TouchTimes $touchTimes;
    private readonly Writer $writer;
    /** Whether even an id that the application has chosen must be there already, as the configuration of PHP has it. */
    private readonly bool $isStrict;

    /**
     * @param string $mode SHARED or OPAQUE
     * @param (callable(array<array-key, mixed>): ?string)|null $subject gives whose session it is, from what it keeps; null before the login. Then
     *     the sessions of a user can be listed and ended
     * @param (callable(): array{ip?: string, userAgent?: string, label?: string})|null $device what to note of a new session. Default: the User-Agent
     * @param int $touchInterval for how many seconds a page view is enough to tell that someone is there
     * @param float|null $lock for how many seconds to wait while another page has the session; null: pages do not wait for each other
     * @param float $lease for how many seconds a page has the session at most, where there is a lock
     * @param 'ini'|'serialize'|'json' $encoding what writes the texts: PHP by session.serialize_handler, or a framework
     * @param string|null $bag the key of $_SESSION whose members are shared in its place, where a framework keeps all under one; null for none
     */
    public function __construct(
        private readonly Client $client,
        private readonly string $mode = self::SHARED,
        ?callable $subject = null,
        ?callable $device = null,
        int $touchInterval = 30,
        private readonly ?float $lock = null,
        private readonly float $lease = 30,
        private readonly string $encoding = 'ini',
        private readonly ?string $bag = null,
    ) {
        if (!in_array($mode, [self::SHARED, self::OPAQUE], true)) {
            throw new Configuration('wrong_mode', 'mode must be shared or opaque');
        }
        $this->touchTimes = new TouchTimes(sys_get_temp_dir(), $touchInterval);
        $this->writer = new Writer($client, $subject, $device);
        $this->isStrict = Settings::isOn('use_strict_mode');
        // Otherwise PHP would take over any token that a visitor brings.
        if (session_status() === PHP_SESSION_NONE && !headers_sent()) {
            ini_set('session.use_strict_mode', '1');
        }
    }

    /**
     * Makes PHP keep its sessions on the server: sets what belongs to it in the configuration of PHP, and the handler. The parameters are those of the
     * constructor. Call it before session_start(); what you set with ini_set() or session_set_cookie_params() after it holds.
     */
    public static function register(Client $client, mixed ...$options): static
    {
        Settings::apply();
        $handler = new static($client, ...$options);
        session_set_save_handler($handler, true);

        return $handler;
    }

    public function open(string $path, string $name): bool
    {
        $this->prefetched = null;
        $this->failure = null;
        $this->isRead = false;

        return true;
    }

    public function close(): bool
    {
        if ($this->leaving !== null) {
            return true;
        }
        try {
            // session_regenerate_id(true), and then nothing was written, as after session_abort().
            if ($this->opened?->rotatesFrom !== null && $this->opened->oldEnds && !$this->opened->failed) {
                $this->writer->endOld($this->opened);
            }
            // session_abort() and read_and_close write nothing, either.
            if ($this->isRead && $this->opened?->isNew && !$this->opened->failed) {
                $this->keepNothing();
            }
        } finally {
            $this->isRead = false;
            $this->unlock();
        }

        return true;
    }

    public function create_sid(): string
    {
        $id = Ids::make();
        $this->made = array_slice($this->made, -9, null, true) + [$id => true];

        return $id;
    }

    public function validateId(string $id): bool
    {
        if (Settings::isWithin('session_regenerate_id') || Settings::isWithin('session_create_id')) {
            // PHP asks whether what it has just made is taken.
            return false;
        }
        if (isset($this->made[$id])) {
            return $this->opened?->id === $id;
        }
        try {
            $session = $this->fetch($id);
        } catch (RestSessionsException $failure) {
            $this->failure = $failure;

            return true;
        }
        $this->prefetched = $session === null ? null : ['id' => $id, 'session' => $session];

        $isChosen = !$this->isStrict && $id !== '' && Settings::isWithin('session_start') && !Ids::isVisitors($id);
        if ($session === null && !$isChosen && $this->opened?->id === $id) {
            $this->unlock();
            $this->opened = null;
        }

        return $session !== null || $isChosen;
    }

    public function read(string $id): string
    {
        // A worker keeps its handler, and under Octane a session is called new before the request that brings another one.
        $this->nextIsNew = false;
        $text = $this->load($id);
        $this->isRead = true;

        return $text;
    }

    public function write(string $id, string $data): bool
    {
        if (Settings::isWithin('session_regenerate_id')) {
            // What changed goes along to the new token.
            [$this->leaving, $this->leavingEnds] = [$id, false];

            return true;
        }
        if ($this->opened?->id !== $id) {
            $this->load($id);
        }
        $opened = $this->opened;
        $change = $opened->format->change($data);
        try {
            if ($this->writer->send($opened, $change)) {
                unset($this->made[$id]);
            } else {
                $this->keepNothing();
            }
            $opened->format->written();

            return true;
        } catch (SessionNotFound) {
            return $this->told($opened);
        } catch (RestSessionsException $failure) {
            $opened->failed = true;
            if ($opened->rotatesFrom !== null || $failure->getCode() === 'token_replaced') {
                // The browser goes on with the token that it has.
                Cookie::drop();
            }
            if ($failure->getCode() === 'token_replaced') {
                return $this->told($opened);
            }
            $this->unlock();
            throw $failure;
        }
    }

    public function updateTimestamp(string $id, string $data): bool
    {
        // The read has touched the session.
        if ($this->opened?->id === $id && $this->opened->isNew) {
            $this->keepNothing();
        }

        return true;
    }

    public function destroy(string $id): bool
    {
        if (Settings::isWithin('session_regenerate_id')) {
            [$this->leaving, $this->leavingEnds] = [$id, true];

            return true;
        }
        $opened = $this->opened?->id === $id ? $this->opened : null;
        $this->opened = null;
        $token = $opened?->rotatesFrom ?? Ids::tokenOf($id);
        if ($opened === null || !$opened->isNew) {
            $this->client->revoke($token);
        }

        return true;
    }

    /** The server ends what has expired. */
    public function gc(int $max_lifetime): int
    {
        return 0;
    }

    /** Takes the next session that is written, under whatever token, for one that the server does not have. */
    protected function beginsNew(): void
    {
        $this->nextIsNew = true;
        $this->opened = null;
    }

    private function load(string $id): string
    {
        if ($this->failure !== null) {
            [$failure, $this->failure] = [$this->failure, null];
            throw $failure;
        }
        if ($this->leaving !== null && $this->leaving !== $id) {
            $this->opened = $this->opened?->under($id, Ids::tokenOf($id), $this->leavingEnds);
            $this->leaving = null;

            return '';
        }
        $session = match (true) {
            $this->prefetched !== null && $this->prefetched['id'] === $id => $this->prefetched['session'],
            $this->isNew($id) => null,
            default => $this->fetch($id),
        };
        $this->prefetched = null;
        $this->nextIsNew = false;
        $php = new PhpText($this->encoding);
        $format = $this->mode === self::SHARED ? new SharedFormat($php, $this->bag) : new OpaqueFormat($php);
        $lock = $this->opened?->id === $id ? $this->opened->lock : null;
        $this->opened = new Opened($id, Ids::tokenOf($id), $format, $session === null, $session?->subject, $lock);
        $this->opened->version = $session?->version;

        return $format->read($session->tree ?? new \stdClass());
    }

    /** The session was ended, or has another token by now, since the page read it. */
    private function told(Opened $opened): bool
    {
        $opened->failed = true;
        if ($opened->rotatesFrom !== null) {
            Cookie::drop();
        }
        $this->unlock();
        trigger_error('rest-sessions: the session was ended while the page ran, and is not brought back', E_USER_WARNING);

        return false;
    }

    private function keepNothing(): void
    {
        $id = (string) $this->opened?->id;
        $isChosen = !isset($this->made[$id]) && !Ids::isVisitors($id);
        if ($this->encoding !== 'ini' || $isChosen) {
            return;
        }
        Cookie::drop();
        Cookie::clear();
    }

    /** Reads a session. Absence: null when there is none. */
    private function fetch(string $id): ?Session
    {
        $token = Ids::tokenOf($id);
        if (!Client::isToken($token)) {
            return null;
        }
        $isDue = $this->touchTimes->isDue($token);
        try {
            if ($this->lock !== null && $this->opened?->lock === null) {
                $session = $this->fetchLocked($id, $token, $isDue);
            } else {
                $session = $this->client->get($token, $isDue);
            }
        } catch (SessionNotFound) {
            return null;
        }
        if ($isDue && $session !== null) {
            $this->touchTimes->note($token, $session->idleTimeout);
        }

        return $session;
    }

    private function fetchLocked(string $id, string $token, bool $isDue): ?Session
    {
        ['lock' => $lock, 'session' => $session] = $this->client->lock($token, $this->lease, (float) $this->lock);
        $this->opened = new Opened($id, $token, new OpaqueFormat(new PhpText()), true, null, $lock);
        if ($session !== null && $isDue) {
            $this->client->touch($token);
        }

        return $session;
    }

    private function unlock(): void
    {
        $opened = $this->opened;
        if ($opened?->lock !== null) {
            [$lock, $opened->lock] = [$opened->lock, null];
            try {
                $this->client->unlock($opened->rotatesFrom ?? $opened->token, $lock);
            } catch (RestSessionsException) {
                // It ends by itself when its lease is over.
            }
        }
    }

    /** Tells whether an id is one that PHP has just made. In strict mode PHP has every other one validated. */
    private function isNew(string $id): bool
    {
        return isset($this->made[$id])
            || $this->nextIsNew
            || $this->encoding === 'ini' && session_status() === PHP_SESSION_ACTIVE && Settings::isOn('use_strict_mode');
    }
}
