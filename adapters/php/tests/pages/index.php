<?php

/**
 * A page under SessionHandler: runs the code that the test sends, and tells how it ended.
 */

declare(strict_types=1);

use RestSessions\Client;
use RestSessions\SessionHandler;

require_once __DIR__ . '/../../autoload.php';

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
    $handler = SessionHandler::register($client, ...($page['options'] + ['subject' => $subject]));
    $result = eval($page['code']);
    if (session_status() === PHP_SESSION_ACTIVE) {
        session_write_close();
    }
} catch (Throwable $error) {
    $thrown = $error::class . ': ' . $error->getMessage();
}
ob_end_clean();
$told = preg_grep('/was ended while the page ran/', $warnings) !== [];
http_response_code($thrown !== '' ? 500 : ($told ? 409 : 200));
header('Content-Type: application/json');
echo json_encode(['result' => $result, 'warnings' => $warnings, 'thrown' => $thrown], JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION);
