<?php

/** $_SESSION in the test of round trips: README.md has the orders. Each line on the standard input is one. */

declare(strict_types=1);

use RestSessions\Client;
use RestSessions\SessionHandler;

require __DIR__ . '/../../php/autoload.php';

$values = [
    'integer beyond 2^53' => 2 ** 53 + 1,
    'whole float' => 1.0,
    'whole number' => 1,
    'negative zero' => -0.0,
    'empty list' => [],
    'empty map' => new stdClass(),
    'empty in a nest' => ['a' => [], 'b' => [[]]],
    'order of members' => ['z' => 1, 'a' => 2, '10' => 3, '9' => 4],
    'null' => null,
    'astral text' => "\u{1f600} a\u{308} \0 \u{2028}",
    'half of a character' => "\xed\xa0\x80",
    'bytes' => "\x00\x01\x7f\xff",
    'instant' => new DateTimeImmutable('2026-11-28T12:34:56Z'),
];

$obey = static function (array $order) use ($values): array {
    $faults = [];
    switch ($order['do']) {
        case 'write':
            foreach ($order['names'] as $name) {
                $_SESSION[$name] = $values[$name];
            }
            break;
        case 'check':
            foreach ($order['names'] as $name) {
                $shown = array_key_exists($name, $_SESSION) ? serialize($_SESSION[$name]) : 'absent';
                if ($shown !== serialize($values[$name])) {
                    $faults[$name] = mb_scrub($shown);
                }
            }
            break;
        case 'add':
            $_SESSION[$order['key']] = 1;
            break;
        case 'copy':
            $_SESSION['copy'] = [$_SESSION[$order['key']]];
    }

    return $faults;
};

// A warning is an error of the page.
set_error_handler(static fn (int $_level, string $text) => throw new ErrorException($text));
while (($line = fgets(STDIN)) !== false) {
    $order = json_decode($line, true);
    try {
        SessionHandler::register(new Client($order['url'], $order['app']));
        session_id($order['token'] ?? '');
        session_start();
        $faults = $obey($order);
        session_write_close();
        $answer = ['token' => session_id(), 'faults' => (object) $faults];
    } catch (Throwable $error) {
        $answer = ['error' => $error::class . ': ' . $error->getMessage()];
        if (session_status() === PHP_SESSION_ACTIVE) {
            session_abort();
        }
    }
    // Not by echo: for PHP the headers would then be sent.
    fwrite(STDOUT, json_encode($answer) . "\n");
}
