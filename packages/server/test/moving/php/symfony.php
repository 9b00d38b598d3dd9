<?php

/*
 * A session of Symfony: `write` begins one in Symfony's own RedisSessionHandler, `read` opens it with that, or with our handler where
 * REST_SESSIONS names a server. Prints what is in it.
 */

declare(strict_types=1);

use RestSessions\Client;
use RestSessions\Symfony\RestSessionHandler;
use Symfony\Component\HttpFoundation\Session\Session;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\RedisSessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\MetadataBag;
use Symfony\Component\HttpFoundation\Session\Storage\NativeSessionStorage;

require '/usr/share/php/Symfony/Component/HttpFoundation/autoload.php';
require __DIR__ . '/../../../../../adapters/php/autoload.php';

ob_start();
[, $verb, $id] = $argv;
$server = getenv('REST_SESSIONS');
if ($server !== false) {
    $handler = new RestSessionHandler(new Client($server, 'shop'));
} else {
    $redis = new Redis();
    $redis->connect('127.0.0.1', (int) getenv('REDIS_PORT'));
    $handler = new RedisSessionHandler($redis);
}
$settings = ['use_cookies' => '0', 'use_only_cookies' => '0', 'cache_limiter' => '', 'use_strict_mode' => $verb === 'write' ? '0' : '1'];
$storage = new NativeSessionStorage($settings, $handler, new MetadataBag('_sf2_meta', 3600));
$session = new Session($storage);
$session->setId($id);
$session->start();
if ($verb === 'write') {
    $account = new ArrayObject(['name' => 'ada']);
    $session->set('user', ['id' => 42]);
    $session->set('account', $account);
    $session->set('again', [$account]);
    $session->set('_csrf', 'secret');
    $session->getFlashBag()->add('notice', 'saved');
}
$all = $session->all();
ksort($all);
$said = [
    'id' => $session->getId(),
    'all' => base64_encode(serialize($all)),
    'flashes' => $session->getFlashBag()->peekAll(),
    'created' => $session->getMetadataBag()->getCreated(),
];
$session->save();
ob_end_clean();
echo json_encode($said);
