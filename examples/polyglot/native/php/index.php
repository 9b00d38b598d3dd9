<?php

// The page on $_SESSION.

declare(strict_types=1);

use RestSessions\Client;
use RestSessions\SessionHandler;

require __DIR__ . '/../../../../adapters/php/autoload.php';

$client = new Client(getenv('SESSIONS_URL'), 'shop');
SessionHandler::register($client, subject: fn (array $session): ?string => $session['user'] ?? null);
session_start();

function show(string $template, array $parts): void
{
    $parts = ['{page}' => 'PHP'] + $parts;
    header('Cache-Control: no-store');
    echo strtr(file_get_contents(__DIR__ . "/../$template.html"), $parts);
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/login' && ($_POST['user'] ?? '') !== '') { // the place to check a password
    session_regenerate_id(true);
    $_SESSION['user'] = $_POST['user'];
} elseif ($path === '/add' && isset($_SESSION['user']) && ($_POST['item'] ?? '') !== '') {
    $_SESSION['item:' . $_POST['item']] = 'PHP';
} elseif ($path === '/logout-everywhere' && isset($_SESSION['user'])) {
    $client->revokeSubject($_SESSION['user']);
    $_SESSION = [];
    session_destroy();
} elseif (!isset($_SESSION['user'])) {
    show('login', []);
    exit;
} else {
    $cart = '';
    foreach ($_SESSION as $key => $page) {
        if (str_starts_with((string) $key, 'item:')) {
            $cart .= sprintf('<li data-page="%s">%s</li>', $page, htmlspecialchars(substr($key, 5)));
        }
    }
    show('home', ['{user}' => htmlspecialchars($_SESSION['user']), '{cart}' => $cart]);
    exit;
}
if (session_status() === PHP_SESSION_ACTIVE) {
    session_write_close();
}
header('Location: ./', response_code: 303);
