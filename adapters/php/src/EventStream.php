<?php

declare(strict_types=1);

namespace RestSessions;

use RestSessions\Exception\RestSessionsException;
use RestSessions\Internal\AnswerReader;
use RestSessions\Internal\EventConnection;
use RestSessions\Internal\EventFrames;
use RestSessions\Internal\Json;

/**
 * The events of an app as they happen, over a connection of its own that is made anew whenever it breaks:
 *
 *     foreach ($client->events(types: ['session.ended']) as $event) { … }
 *
 * No event is missed between two connections: each begins where the last one ended. Of those that cannot be told any more a Resync tells. It is for
 * commands that run on, not for pages.
 *
 * @implements \IteratorAggregate<int, Event|Resync>
 */
final class EventStream implements \IteratorAggregate
{
    /** Before a new connection, at first and at most, in seconds. A part of it is chance, so that not all readers come back at once. */
    private const FIRST_PAUSE = 0.5;
    private const LONGEST_PAUSE = 30.0;
    /** How soon a pause sees that the stream was stopped, in microseconds. */
    private const SLICE = 100_000;

    private bool $isStopped = false;
    private float $firstPause = self::FIRST_PAUSE;
    private int $failures = 0;

    /**
     * @internal Client::events() makes it.
     * @param list<string> $headers
     */
    public function __construct(
        private readonly string $base,
        private readonly string $path,
        private readonly array $headers,
        private readonly AnswerReader $reader,
        private ?string $position,
        private readonly float $silence,
        private readonly ?\Closure $onRetry,
    ) {
    }

    /** Behind the last event that the loop was done with. Absence: null at the beginning of a stream that begins now. */
    public function position(): ?string
    {
        return $this->position;
    }

    /** Ends it: the event that the loop has is the last one. Also from a handler of signals, while it waits. */
    public function stop(): void
    {
        $this->isStopped = true;
    }

    /**
     * Gives what happens until it is stopped. It throws only what another attempt would not help with: Configuration, and the exception of a refusal such as
     * invalid_cursor.
     *
     * @return \Generator<int, Event|Resync>
     * @throws RestSessionsException
     */
    public function getIterator(): \Generator
    {
        while (!$this->isStopped) {
            $frames = new EventFrames($this->position);
            $connection = $this->connect($frames)->frames();
            for ($isFirst = true; ($frame = $this->next($connection, $isFirst)) !== null; $isFirst = false) {
                $this->failures = 0;
                $this->firstPause = min($frames->pause ?? $this->firstPause, self::LONGEST_PAUSE);
                $item = $this->item($frame, $frames->position);
                if ($item !== null) {
                    $frames->position = $item->position;
                    yield $item;
                }
                $this->position = $frames->position;
            }
        }
    }

    private function connect(EventFrames $frames): EventConnection
    {
        $headers = $this->position === null ? $this->headers : [...$this->headers, "Last-Event-ID: $this->position"];
        $isStopped = fn (): bool => $this->isStopped;

        return new EventConnection($this->base, $this->path, $headers, $this->reader, $frames, $this->silence, $isStopped);
    }

    /**
     * Gives the next frame. Absence: null when the connection has ended, after a pause.
     *
     * @param \Generator<int, array{string, ?string}> $connection
     * @return array{string, ?string}|null
     */
    private function next(\Generator $connection, bool $isFirst): ?array
    {
        try {
            // What the loop does stands between two calls, so nothing that it throws is taken for a fault of the connection.
            if (!$isFirst) {
                $connection->next();
            }

            return $connection->valid() && !$this->isStopped ? $connection->current() : null;
        } catch (RestSessionsException $failure) {
            if (!$failure->retryable) {
                throw $failure;
            }
            $this->pause($failure);

            return null;
        }
    }

    /**
     * Absence: null for a position alone, and for what a later server may tell beside events.
     *
     * @param array{string, ?string} $frame
     */
    private function item(array $frame, ?string $position): Event|Resync|null
    {
        [$name, $data] = $frame;
        if ($data === null || !in_array($name, ['', 'message', 'resync'], true)) {
            return null;
        }
        try {
            $told = Json::decode($data);
            if ($name !== 'resync') {
                return Event::from($told, $position);
            }
            $at = Json::members($told)['position'] ?? null;

            return is_string($at) ? new Resync($at) : throw new \UnexpectedValueException('it has no position');
        } catch (\JsonException | \UnexpectedValueException $fault) {
            // Once more it would be told the same.
            throw $this->reader->noEvent($fault);
        }
    }

    private function pause(RestSessionsException $failure): void
    {
        $seconds = min($this->firstPause * 2 ** min($this->failures, 10), self::LONGEST_PAUSE) * random_int(500, 1000) / 1000;
        $seconds = max($seconds, $failure->retryAfter ?? 0);
        $this->failures++;
        if ($this->onRetry !== null) {
            ($this->onRetry)($failure, $seconds);
        }
        $ends = hrtime(true) + (int) ($seconds * 1e9);
        while (!$this->isStopped && ($left = $ends - hrtime(true)) > 0) {
            usleep((int) min(self::SLICE, $left / 1000 + 1));
        }
    }
}
