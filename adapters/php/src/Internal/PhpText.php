<?php

declare(strict_types=1);

namespace RestSessions\Internal;

/**
 * The texts that PHP, or a framework, has for what a session keeps.
 *
 * @internal
 */
final class PhpText
{
    /**
     * @param 'ini'|'serialize'|'json' $encoding what writes the text: the session module as session.serialize_handler says, or a
     *     framework by serialize() or json_encode()
     */
    public function __construct(private readonly string $encoding = 'ini')
    {
    }

    /** Tells whether a key can stand in a text. */
    public function canShow(string $key): bool
    {
        return match ($this->handler()) {
            'php' => $key !== '' && (string) (int) $key !== $key && !str_contains($key, '|') && $key[0] !== '!',
            'php_binary' => (string) (int) $key !== $key && strlen($key) < 128,
            default => true,
        };
    }

    /**
     * @param array<array-key, mixed> $values
     * @param array<array-key, string> $texts the same, each by serialize()
     * @param string $own further values, as serialize() has an array of them; or a whole text, which is given back as it is
     */
    public function encode(array $values, array $texts, string $own): string
    {
        $handler = $this->handler();
        if ($own !== '' && preg_match('/\Aa:(\d+):\{(.*)\}\z/s', $own, $found) !== 1) {
            return $own;
        }
        if ($handler === 'php_serialize') {
            // Put together as texts, PHP's own first: what they refer to is counted from the beginning, and no object is made here.
            $pairs = $found[2] ?? '';
            foreach ($texts as $key => $text) {
                $pairs .= serialize($key) . $text;
            }
            $count = (int) ($found[1] ?? 0) + count($texts);

            return $count === 0 ? '' : "a:$count:{{$pairs}}";
        }
        $all = $own === '' ? $values : $values + (array) unserialize($own);
        if ($all === []) {
            return '';
        }
        if ($handler === 'json') {
            return Json::encode((object) $all);
        }
        // PHP itself writes the others, because it keeps what refers to each other. It does so from $_SESSION, which it fills only after this.
        $_SESSION = array_filter($all, fn (int|string $key): bool => $this->canShow((string) $key), ARRAY_FILTER_USE_KEY);

        return (string) session_encode();
    }

    /**
     * Gives the values of a text. Absence: null where it is none.
     *
     * @return array<array-key, mixed>|null
     */
    public function decode(string $text): ?array
    {
        if ($this->encoding === 'json') {
            $values = json_decode($text === '' ? '[]' : $text, true);

            return is_array($values) ? $values : null;
        }
        // PHP has just written the text from these. To read it again would wake up each object once more.
        if ($this->encoding === 'ini' && session_status() === PHP_SESSION_ACTIVE && is_array($_SESSION ?? null)) {
            return $_SESSION;
        }
        if ($text === '') {
            return [];
        }
        // Other texts are not worth a warning, which an error handler would see even where it is silenced.
        $values = preg_match('/\Aa:\d+:\{.*\}\z/s', $text) === 1 ? @unserialize($text) : null;

        return is_array($values) ? $values : null;
    }

    private function handler(): string
    {
        if ($this->encoding !== 'ini') {
            return $this->encoding === 'json' ? 'json' : 'php_serialize';
        }

        return session_status() === PHP_SESSION_ACTIVE ? (string) ini_get('session.serialize_handler') : 'php_serialize';
    }
}
