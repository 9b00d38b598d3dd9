<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * Knows when a session was last touched: a read slides the idle deadline, but once in a while is enough.
 *
 * PHP forgets everything after a page, so this is in a file that the processes of one machine share: a table of fixed size, with a place for each token by its
 * hash. Who comes later takes the place of another one, who is then touched once more; that does no harm, and nothing has to be cleaned up. Where
 * there can be no such file, each read touches.
 *
 * @internal
 */
final class TouchTimes
{
    private const PLACES = 65_536;
    private const HASH = 12;
    private const PLACE = self::HASH + 4;

    /** @var resource|null */
    private $file = null;
    private bool $opened = false;

    /** @param int $interval for how many seconds a touch is enough */
    public function __construct(private readonly string $folder, private readonly int $interval)
    {
    }

    /** Tells whether a read is to touch. */
    public function isDue(string $token): bool
    {
        [$hash, $at] = self::placeOf($token);
        if ($this->interval <= 0 || !$this->open() || fseek($this->file, $at) !== 0) {
            return true;
        }
        $place = (string) fread($this->file, self::PLACE);
        if (strlen($place) !== self::PLACE || !hash_equals($hash, substr($place, 0, self::HASH))) {
            return true;
        }
        $left = unpack('N', substr($place, self::HASH))[1] - time();

        return $left <= 0 || $left > $this->interval;
    }

    /** Notes a touch. A session that ends sooner than the interval is touched twice in its idle timeout, or it would end while someone is there. */
    public function note(string $token, int|float|null $idleTimeout): void
    {
        [$hash, $at] = self::placeOf($token);
        $enough = (int) min($this->interval, ($idleTimeout ?? INF) / 2);
        if ($enough > 0 && $this->open() && fseek($this->file, $at) === 0) {
            fwrite($this->file, $hash . pack('N', time() + $enough));
        }
    }

    /** @return array{string, int} */
    private static function placeOf(string $token): array
    {
        $hash = hash('sha256', $token, true);

        return [substr($hash, 0, self::HASH), unpack('N', substr($hash, self::HASH, 4))[1] % self::PLACES * self::PLACE];
    }

    /** Opens the file of this account. In a folder that all may write to, another account could have put something else there. */
    private function open(): bool
    {
        if ($this->opened) {
            return $this->file !== null;
        }
        $this->opened = true;
        if (!function_exists('posix_geteuid')) {
            return false;
        }
        $user = posix_geteuid();
        $path = "$this->folder/rest-sessions-touched-$user";
        clearstatcache(true, $path);
        $stat = @lstat($path);
        if ($stat !== false && ($stat['uid'] !== $user || ($stat['mode'] & 0170000) !== 0100000)) {
            return false;
        }
        $file = @fopen($path, $stat === false ? 'x+b' : 'r+b');
        if ($file === false) {
            return false;
        }
        if ($stat === false) {
            @chmod($path, 0600);
        }
        // Otherwise PHP reads 8 kB ahead for 16 bytes.
        stream_set_read_buffer($file, 0);
        stream_set_write_buffer($file, 0);
        $this->file = $file;

        return true;
    }
}
