<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * References between the values of a session (`$_SESSION['b'] = &$_SESSION['a']`), which JSON does not have.
 *
 * @internal
 */
final class References
{
    /** @var array<string, array-key> the first key under which a reference was seen, by the id of the reference */
    private array $firsts = [];
    /** @var array<array-key, true> */
    private array $linked = [];

    private function __construct()
    {
    }

    /**
     * Finds the keys under which there is a reference to what is in another place, too. One to a variable of the page is none: it ends with the page.
     *
     * @param array<array-key, mixed> $values
     * @return array<array-key, true>
     */
    public static function between(array $values): array
    {
        $references = new self();
        foreach ($values as $key => $_) {
            $references->see($values, $key, $key, 0);
        }

        return $references->linked;
    }

    /** @param array<array-key, mixed> $values */
    private function see(array $values, int|string $at, int|string $key, int $depth): void
    {
        $id = \ReflectionReference::fromArrayElement($values, $at)?->getId();
        if ($id !== null && isset($this->firsts[$id])) {
            $this->linked[$key] = $this->linked[$this->firsts[$id]] = true;

            return;
        }
        if ($id !== null) {
            $this->firsts[$id] = $key;
        }
        if (is_array($values[$at]) && $depth < Json::NESTED) {
            foreach ($values[$at] as $inner => $_) {
                $this->see($values[$at], $inner, $key, $depth + 1);
            }
        }
    }
}
