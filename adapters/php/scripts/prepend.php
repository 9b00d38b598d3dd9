<?php

/**
 * Comes before each of PHP's own tests that uses the files of PHP: from here on its sessions are on the server, in an app of its own.
 */

declare(strict_types=1);

require_once __DIR__ . '/../autoload.php';

(static function (): void {
    if (headers_sent() || session_status() === PHP_SESSION_ACTIVE || ini_get('session.save_handler') !== 'files') {
        return;
    }
    $test = (string) preg_replace('/\..*/', '', basename($_SERVER['SCRIPT_FILENAME']));
    $app = substr(md5(getenv('SUITE_RUN') . $test), 0, 16);
    $client = new RestSessions\Client((string) getenv('REST_SESSIONS_EMBEDDED'), $app);
    $mode = getenv('SUITE_MODE') ?: RestSessions\SessionHandler::SHARED;
    session_set_save_handler(new RestSessions\SessionHandler($client, $mode), true);
})();
