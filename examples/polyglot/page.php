<?php // The page in PHP. It shares one login session with the pages in the other languages; see README.md.
declare(strict_types=1);
define('COOKIE', ['httponly' => true, 'samesite' => 'Lax', 'path' => '/', 'secure' => !getenv('PLAIN_HTTP')]);
final class LoggedOut extends Exception {} // There is no such session any more. Other faults say nothing about it.

function call(string $verb, string $path, array $mine = [], ?array $body = null, string $type = 'json'): array {
    $http = ['method' => $verb, 'header' => ["Content-Type: application/$type", ...$mine]];
    if (getenv('SESSIONS_KEY')) $http['header'][] = 'Authorization: Bearer ' . getenv('SESSIONS_KEY');
    if ($body) $http['content'] = json_encode($body, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
    $context = stream_context_create(['http' => [...$http, 'timeout' => 2, 'ignore_errors' => true]]);
    $stream = @fopen(getenv('SESSIONS_URL') . "/v1/apps/shop$path", 'r', false, $context);
    if (!$stream) throw new RuntimeException('REST-Sessions does not answer');
    $answer = json_decode(stream_get_contents($stream), true, flags: JSON_THROW_ON_ERROR);
    $status = (int) explode(' ', stream_get_meta_data($stream)['wrapper_data'][0])[1];
    if ($status < 300) return $answer;
    throw $answer['code'] === 'session_not_found' ? new LoggedOut() : new RuntimeException("$status $answer[detail]");
}
function go_home(?string $token = null): never {
    if ($token !== null) setcookie('session', $token, COOKIE);
    header('Location: /', true, 303);
    exit;
}
function show(string $page, array $words): never {
    header('Cache-Control: no-store');
    exit(strtr(file_get_contents(__DIR__ . "/$page.html"), $words));
}

try {
    $action = $_SERVER['REQUEST_METHOD'] === 'POST' ? $_SERVER['REQUEST_URI'] : '';
    ['user' => $user, 'item' => $item] = array_filter($_POST, 'is_string') + ['user' => '', 'item' => ''];
    if ($action === '/login' && $user !== '') { // the place to check a password
        $agent = substr($_SERVER['HTTP_USER_AGENT'] ?? '', 0, 512) ?: 'unknown';
        $login = ['subject' => $user, 'ip' => $_SERVER['REMOTE_ADDR'], 'userAgent' => $agent];
        go_home(call('POST', '/sessions', [], $login)['token']);
    }
    if (!preg_match('/^[A-Za-z0-9]+$/D', $_COOKIE['session'] ?? '')) show('login', ['{message}' => 'Please log in.']);
    $mine = ["Session-Token: $_COOKIE[session]"];
    if ($action === '/add' && $item !== '') { // a merge patch: what other pages add meanwhile stays
        call('PATCH', '/session', $mine, ['cart' => (object) [$item => 'PHP']], 'merge-patch+json');
        go_home();
    }
    ['subject' => $subject, 'data' => $data] = call('GET', '/session?touch=true', $mine);
    $everywhere = '/subjects/' . rawurlencode($subject) . '/sessions';
    if ($action === '/logout-everywhere') {
        call('DELETE', $everywhere);
        go_home(''); // PHP expires an empty cookie
    }
    [$cart, $devices, $user, $sessions] = ['', '', htmlspecialchars($subject), call('GET', $everywhere)['sessions']];
    foreach ($data['cart'] ?? [] as $item => $page) $cart .= '<li>' . htmlspecialchars("$item ($page)");
    foreach ($sessions as $one) $devices .= '<li>' . htmlspecialchars("$one[userAgent], $one[ip]");
    show('home', ['{language}' => 'PHP', '{user}' => $user, '{cart}' => $cart, '{devices}' => $devices]);
} catch (LoggedOut) {
    setcookie('session', '', COOKIE);
    http_response_code(403);
    show('login', ['{message}' => 'Logged out.']);
} catch (Exception $fault) { // the cookie stays: nobody knows whether there is a session
    error_log($fault->getMessage());
    header('Retry-After: 5', true, 503);
    echo 'Please try again in a moment.';
}
