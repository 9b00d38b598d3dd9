<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * Takes the text of an event stream (Server-Sent Events) apart, wherever it was cut. What is longer than an event can be comes from no session server, and
 * must not fill the memory.
 *
 * @internal
 */
final class EventFrames
{
    /** Of a line, and of an event, in bytes. */
    private const LIMIT = 1 << 20;

    /** How long to wait before a new connection, in seconds, as the server wants it. Absence: null. */
    public ?float $pause = null;
    private string $rest = '';
    private bool $isFirst = true;
    private bool $wasReturn = false;
    private string $name = '';
    /** @var list<string> */
    private array $data = [];
    private ?string $newPosition = null;
    private int $size = 0;

    /** @param string|null $position behind the last frame; null where none had one, and the stream began without */
    public function __construct(public ?string $position)
    {
    }

    public function add(string $bytes): void
    {
        $this->rest .= $bytes;
    }

    /**
     * Gives the frames that are complete. In one without data only the position has moved on.
     *
     * @return \Generator<int, array{string, ?string}> the name, empty for none, and the data
     * @throws \UnexpectedValueException when one is too long
     */
    public function frames(): \Generator
    {
        $from = 0;
        try {
            while (($cut = $from + strcspn($this->rest, "\r\n", $from)) < strlen($this->rest)) {
                $line = substr($this->rest, $from, $cut - $from);
                // The half of a CR LF that came before.
                $isHalf = $line === '' && $this->wasReturn && $this->rest[$cut] === "\n";
                $this->wasReturn = $this->rest[$cut] === "\r";
                $from = $cut + 1;
                if (!$isHalf && $this->take($line)) {
                    yield $this->finished();
                }
            }
        } finally {
            $this->rest = substr($this->rest, $from);
        }
        $this->check($this->rest);
    }

    /** Tells whether the line ends a frame. */
    private function take(string $line): bool
    {
        $this->check($line);
        if ($this->isFirst && str_starts_with($line, "\u{feff}")) {
            $line = substr($line, 3);
        }
        $this->isFirst = false;
        if ($line === '') {
            return true;
        }
        [$name, $value] = [...explode(':', $line, 2), ''];
        $this->field($name, str_starts_with($value, ' ') ? substr($value, 1) : $value);

        return false;
    }

    private function check(string $line): void
    {
        if (strlen($line) + $this->size > self::LIMIT) {
            throw new \UnexpectedValueException('it is longer than ' . self::LIMIT . ' bytes');
        }
    }

    private function field(string $name, string $value): void
    {
        if ($name === 'event') {
            $this->name = $value;
        } elseif ($name === 'data') {
            $this->data[] = $value;
            $this->size += strlen($value) + 1;
        } elseif ($name === 'id' && preg_match('/\A[!-~]+\z/', $value) === 1) {
            $this->newPosition = $value;
        } elseif ($name === 'retry' && preg_match('/\A[0-9]{1,9}\z/', $value) === 1) {
            $this->pause = (int) $value / 1000;
        }
    }

    /** @return array{string, ?string} */
    private function finished(): array
    {
        $this->position = $this->newPosition ?? $this->position;
        $frame = [$this->name, $this->data === [] ? null : implode("\n", $this->data)];
        [$this->name, $this->data, $this->newPosition, $this->size] = ['', [], null, 0];

        return $frame;
    }
}
