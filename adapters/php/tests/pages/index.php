<?php

/**
 * A page: runs the code that the test sends, under PHP alone or under Symfony, and tells how it ended.
 */

declare(strict_types=1);

use RestSessions\Client;
use RestSessions\SessionHandler;
use RestSessions\Symfony\RestSessionHandler;
use Symfony\Component\HttpFoundation\Session\Session;
use Symfony\Component\HttpFoundation\Session\Storage\MetadataBag;
use Symfony\Component\HttpFoundation\Session\Storage\NativeSessionStorage;

require_once __DIR__ . '/../../autoload.php';
require_once '/usr/share/php/Symfony/Component/HttpFoundation/autoload.php';

$page = json_decode(file_get_contents('php://input'), true);
$warnings = [];
set_error_handler(static function (int $_level, string $text) use (&$warnings): bool {
    $warnings[] = $text;

    return true;
});
ob_start();
$result = null;
$thrown = '';
try {
    $client = new Client($page['url'], $page['app']);
    $subject = static fn (array $session): ?string => $session['_user'] ?? null;
    $options = $page['options'] + ['subject' => $subject];
    if ($page['framework'] === 'symfony') {
        $settings = ['name' => 'session', 'cookie_httponly' => true, 'cookie_samesite' => 'lax', 'gc_probability' => 0];
        $session = new Session(new NativeSessionStorage($settings, new RestSessionHandler($client, ...$options), new MetadataBag('_sf2_meta', 120)));
        $result = eval($page['code']);
        if ($session->isStarted()) {
            $session->save();
        }
    } else {
        $handler = SessionHandler::register($client, ...$options);
        $result = eval($page['code']);
        if (session_status() === PHP_SESSION_ACTIVE) {
            session_write_close();
        }
    }
} catch (Throwable $error) {
    $thrown = $error::class . ': ' . $error->getMessage();
}
ob_end_clean();
$told = preg_grep('/was ended while the page ran/', $warnings) !== [];
http_response_code($thrown !== '' ? 500 : ($told ? 409 : 200));
header('Content-Type: application/json');
echo json_encode(['result' => $result, 'warnings' => $warnings, 'thrown' => $thrown], JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION);
