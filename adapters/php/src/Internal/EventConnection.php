<?php

declare(strict_types=1);

namespace RestSessions\Internal;

use RestSessions\Exception\RestSessionsException;
use RestSessions\Exception\ServerLost;
use RestSessions\Exception\Timeout;

/**
 * One connection of an event stream. It is read no faster than its events are taken.
 *
 * @internal
 */
final class EventConnection
{
    /** An answer that is no stream is an error, and short. In bytes. */
    private const LONGEST_REFUSAL = 1 << 16;
    /** How soon a wait sees that it must end, in seconds. A signal ends it at once. */
    private const SLICE = 0.2;
    /** In microseconds. */
    private const MOMENT = 10_000;

    private readonly \CurlHandle $curl;
    private readonly \CurlMultiHandle $multi;
    /** @var array<string, string> */
    private array $headers = [];
    private string $refusal = '';
    private int $heardAt;
    private bool $isStream = false;

    /**
     * @param list<string> $headers
     * @param float $silence after how many seconds without a byte it counts as dead
     * @param \Closure(): bool $isStopped
     */
    public function __construct(
        private readonly string $base,
        string $path,
        array $headers,
        private readonly AnswerReader $reader,
        private readonly EventFrames $frames,
        private readonly float $silence,
        private readonly \Closure $isStopped,
    ) {
        $this->heardAt = hrtime(true);
        $this->curl = curl_init();
        curl_setopt_array($this->curl, [
            CURLOPT_URL => $base . $path,
            CURLOPT_HTTPHEADER => ['Accept: text/event-stream', 'Cache-Control: no-store', ...$headers],
            CURLOPT_HEADERFUNCTION => $this->header(...),
            CURLOPT_WRITEFUNCTION => $this->bytes(...),
        ] + Transport::OPTIONS);
        $this->multi = curl_multi_init();
        curl_multi_add_handle($this->multi, $this->curl);
    }

    /**
     * Gives the frames until the connection ends, or it is stopped.
     *
     * @return \Generator<int, array{string, ?string}>
     * @throws RestSessionsException why it ended
     */
    public function frames(): \Generator
    {
        try {
            while (!($this->isStopped)()) {
                curl_multi_exec($this->multi, $running);
                yield from $this->told();
                if ($running === 0) {
                    throw $this->end();
                }
                if (hrtime(true) - $this->heardAt > $this->silence * 1e9) {
                    throw new Timeout('timeout', "$this->base said nothing for $this->silence s", 0, true);
                }
                // -1: curl has nothing to wait for yet.
                if (curl_multi_select($this->multi, min(self::SLICE, $this->silence)) === -1) {
                    usleep(self::MOMENT);
                }
            }
        } finally {
            curl_multi_remove_handle($this->multi, $this->curl);
        }
    }

    /** @return \Generator<int, array{string, ?string}> */
    private function told(): \Generator
    {
        try {
            yield from $this->frames->frames();
        } catch (\UnexpectedValueException $fault) {
            throw $this->reader->noEvent($fault);
        }
    }

    private function header(\CurlHandle $curl, string $line): int
    {
        $this->heardAt = hrtime(true);
        [$name, $value] = [...explode(':', $line, 2), ''];
        $this->headers[strtolower(trim($name))] = trim($value);

        return strlen($line);
    }

    private function bytes(\CurlHandle $curl, string $bytes): int
    {
        $this->heardAt = hrtime(true);
        $this->isStream = $this->isStream || ($this->answer()->status === 200 && $this->answer()->media() === 'text/event-stream');
        if ($this->isStream) {
            $this->frames->add($bytes);
        } else {
            $this->refusal .= $bytes;
        }

        return strlen($this->refusal) > self::LONGEST_REFUSAL ? 0 : strlen($bytes);
    }

    private function answer(): Answer
    {
        return new Answer((int) curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE), $this->headers, $this->refusal);
    }

    private function end(): RestSessionsException
    {
        $error = curl_multi_info_read($this->multi)['result'] ?? CURLE_OK;
        if ($error !== CURLE_OK) {
            return new ServerLost('unreachable', "$this->base cannot be reached: " . curl_strerror($error), 0, true);
        }
        if ($this->isStream || $this->answer()->media() === 'text/event-stream') {
            return new ServerLost('unreachable', "$this->base ended the stream", 0, true);
        }

        return $this->reader->refusal($this->answer());
    }
}
