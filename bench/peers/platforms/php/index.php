<?php

declare(strict_types=1);

if (getenv('STORE') === 'ours') {
    require __DIR__ . '/../../../../adapters/php/autoload.php';
    RestSessions\SessionHandler::register(new RestSessions\Client(getenv('SESSIONS_URL'), 'bench', timeout: 20));
} else {
    ini_set('session.save_handler', 'redis');
    ini_set('session.save_path', 'tcp://127.0.0.1:' . getenv('REDIS_PORT') . '?persistent=1');
}
session_start();
if ($_SERVER['REQUEST_URI'] === '/login') {
    foreach (json_decode((string) file_get_contents('php://input'), true) as $key => $value) {
        $_SESSION[$key] = $value;
    }
} else {
    header('Content-Type: application/json');
    echo json_encode(['name' => $_SESSION['name']]);
}
