<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * Keys of $_SESSION as keys of the data, which every other stack reads and writes. Keys that begin with "_", and values that JSON does not have (objects,
 * bytes, references to each other), are PHP's own: they stand together under one key, as serialize() has them.
 *
 * @internal
 */
final class SharedFormat implements Format
{
    /** Symfony notes here when it first saw a session. For one of another stack this alone is no reason to write. */
    private const METADATA = '_sf2_meta';

    /** @var array<array-key, string> what was read, by key, as serialize() has it */
    private array $before = [];
    /** @var array<array-key, string> */
    private array $after = [];
    private \stdClass $tree;
    /** PHP's own part, as it stands in the data; empty for none. */
    private string $private = '';
    private string $privateAfter = '';

    /** @param string|null $bag the key of $_SESSION whose members are shared in its place; null for $_SESSION itself */
    public function __construct(private readonly PhpText $php, private readonly ?string $bag = null)
    {
        $this->tree = new \stdClass();
    }

    public function read(\stdClass $data): string
    {
        $this->tree = $data;
        $this->private = self::privateOf($data);
        $values = [];
        foreach (get_object_vars($data) as $key => $value) {
            if (!self::isPrivate((string) $key) && $this->php->canShow((string) $key)) {
                $values[$key] = Json::arrays($value);
            }
        }
        $this->before = array_map(serialize(...), $values);
        $this->after = $this->before;
        $this->privateAfter = $this->private;

        if ($this->bag !== null && $values !== []) {
            $all = (array) unserialize($this->private === '' ? 'a:0:{}' : $this->private);
            $all[$this->bag] = ($all[$this->bag] ?? []) + $values;

            return $this->php->encode([], [], serialize($all));
        }

        return $this->php->encode($values, $this->before, $this->private);
    }

    public function change(string $text): Change
    {
        $values = $this->php->decode($text);
        if ($values === null) {
            return $this->wholeText($text);
        }
        $own = $set = $this->after = [];
        $shared = $values;
        if ($this->bag !== null) {
            $own = array_diff_key($values, [$this->bag => 1]);
            $shared = (array) ($values[$this->bag] ?? []);
        }
        $kept = [];
        $linked = References::between($shared);
        foreach ($shared as $key => $value) {
            $isOwn = self::isPrivate((string) $key) || isset($linked[$key]);
            if (!$isOwn && isset($this->before[$key]) && $this->before[$key] === serialize($value)) {
                $this->after[$key] = $this->before[$key];
                continue;
            }
            if ($isOwn || !Json::has([$key => $value])) {
                $kept[$key] = &$shared[$key];
                continue;
            }
            $this->after[$key] = serialize($value);
            $set[$key] = Json::shaped($value, $this->tree->{$key} ?? null);
        }
        if ($kept !== []) {
            $own += $this->bag === null ? $kept : [$this->bag => $kept];
        }
        $isTouchedOnly = $this->bag !== null && $this->private === '' && $set === [] && $this->after == $this->before
            && array_keys($own) === [self::METADATA];
        $this->privateAfter = $own === [] || $isTouchedOnly ? '' : serialize($own);

        return $this->changeOf($set, $this->bag === null ? $values : $shared + $own);
    }

    public function written(): void
    {
        $this->before = $this->after;
        $this->private = $this->privateAfter;
    }

    public function rebase(Change $change, \stdClass $theirs): Change
    {
        $there = self::privateOf($theirs);
        $merged = PrivatePart::merge($this->private, $this->privateAfter, $there, $this->bag);
        $set = array_diff_key($change->set, [self::PRIVATE_KEY => 1]);
        $unset = array_values(array_diff($change->unset, [self::PRIVATE_KEY]));
        self::addPrivate($set, $unset, $there, $merged);

        return new Change($set, $unset, $change->values);
    }

    private static function privateOf(\stdClass $data): string
    {
        $own = $data->{self::PRIVATE_KEY} ?? '';

        return is_string($own) ? (string) base64_decode($own) : '';
    }

    /** What is no session text of PHP, as a decorator of handlers may write it, is kept as it is. */
    private function wholeText(string $text): Change
    {
        $this->after = [];
        $this->privateAfter = $text;

        return $this->changeOf([], null);
    }

    /**
     * @param array<array-key, mixed> $set
     * @param array<array-key, mixed>|null $values
     */
    private function changeOf(array $set, ?array $values): Change
    {
        $unset = array_map(strval(...), array_keys(array_diff_key($this->before, $this->after)));
        self::addPrivate($set, $unset, $this->private, $this->privateAfter);

        return new Change($set, $unset, $values);
    }

    /**
     * @param array<array-key, mixed> $set
     * @param list<string> $unset
     */
    private static function addPrivate(array &$set, array &$unset, string $before, string $after): void
    {
        if ($after === '' && $before !== '') {
            $unset[] = self::PRIVATE_KEY;
        } elseif ($after !== $before) {
            $set[self::PRIVATE_KEY] = base64_encode($after);
        }
    }

    private static function isPrivate(string $key): bool
    {
        return str_starts_with($key, '_');
    }
}
