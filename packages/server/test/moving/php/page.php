<?php

/*
 * An application of PHP with a login, on whatever keeps its sessions: by php.ini, or on our server where REST_SESSIONS names it.
 */

declare(strict_types=1);

use RestSessions\Client;
use RestSessions\SessionHandler;

final class Account
{
    protected string $role = 'admin';
    private array $seen = [1.5, null];
    public ?Account $self = null;

    public function __construct(public int $id, public string $name)
    {
        $this->self = $this;
    }

    public function said(): string
    {
        return "{$this->name} $this->role " . json_encode($this->seen) . ' ' . var_export($this->self === $this, true);
    }
}

$server = getenv('REST_SESSIONS');
if ($server !== false) {
    require __DIR__ . '/../../../../../adapters/php/autoload.php';
    SessionHandler::register(new Client($server, 'shop'), subject: fn (array $session): ?string => isset($session['user']) ? (string) $session['user']['id'] : null);
    ini_set('session.name', 'PHPSESSID');
    ini_set('session.serialize_handler', (string) getenv('FORMAT'));
}
if (isset($_GET['id'])) {
    session_id($_GET['id']);
}
session_start();
switch ($_GET['do'] ?? '') {
    case 'login':
        session_regenerate_id(true);
        $_SESSION['user'] = ['id' => 42, 'name' => 'ada'];
        break;
    case 'fill':
        $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
        $_SESSION['cart'] = ['lamp' => ['price' => 1.0, 'count' => 2], 'pen' => []];
        $_SESSION['max'] = PHP_INT_MAX;
        $_SESSION['bytes'] = "\xff\x00\xfe";
        $_SESSION['inf'] = INF;
        $_SESSION['text'] = "😀 ä é \u{2028}\0";
        $_SESSION['account'] = new Account(42, 'ada');
        $_SESSION['same'] = [$_SESSION['account']];
        $_SESSION['linked'] = &$_SESSION['cart'];
        $_SESSION['_token'] = 'csrf';
        break;
    case 'change':
        $_SESSION['cart']['pen'] = ['price' => 2];
        break;
    case 'logout':
        session_destroy();
        break;
}
header('Content-Type: application/json');
echo json_encode([
    'id' => session_id(),
    'all' => base64_encode(serialize((static function (array $session): array {
        ksort($session);

        return $session;
    })($_SESSION ?? []))),
    'user' => $_SESSION['user']['name'] ?? null,
    'account' => isset($_SESSION['account']) ? $_SESSION['account']->said() : null,
    'isSame' => ($_SESSION['same'][0] ?? 0) === ($_SESSION['account'] ?? 1),
    'linked' => count($_SESSION['linked']['pen'] ?? []),
]);
