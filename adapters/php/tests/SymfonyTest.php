<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;
use RestSessions\Client;

final class SymfonyTest extends TestCase
{
    public function testAttributesAreSharedAndFlashesArePrivate(): void
    {
        $url = (string) Servers::env('EMBEDDED');
        $client = new Client($url, 'symfony');
        $browser = new Pages($url, 'symfony', [], 'symfony');
        $page = $browser->run('$session->set("cart", ["lamp" => 1]); $session->set("at", new DateTimeImmutable("@0")); $session->set("_csrf/form", "x"); $session->getFlashBag()->add("notice", "hello");');
        self::assertSame(200, $page->status, json_encode($page));
        $data = $client->get((string) $browser->token)->data;
        self::assertEqualsCanonicalizing(['_php', 'cart'], array_keys($data));
        $client->patch((string) $browser->token, ['theme' => 'dark']);
        $page = $browser->run('return [$session->get("theme"), $session->get("at")->getTimestamp(), $session->get("_csrf/form"), $session->getFlashBag()->get("notice"), $session->get("cart")];');
        self::assertSame(['dark', 0, 'x', ['hello'], ['lamp' => 1]], $page->result, json_encode($page));
        self::assertSame([], $browser->run('return $session->getFlashBag()->get("notice");')->result);
        self::assertSame('dark', $client->get((string) $browser->token)->data['theme']);
    }

    public function testLoginAndLogout(): void
    {
        $url = (string) Servers::env('EMBEDDED');
        $client = new Client($url, 'symfony-' . getmypid());
        $browser = new Pages($url, 'symfony-' . getmypid(), [], 'symfony');
        $browser->run('$session->set("cart", 1);');
        $old = (string) $browser->token;
        $page = $browser->run('$session->start(); $session->migrate(true); $session->set("_user", "ann");');
        self::assertSame(['ann', 1], [$client->get((string) $browser->token)->subject, $client->get((string) $browser->token)->data['cart']], json_encode($page));
        $new = (string) $browser->token;
        self::assertSame([null], $client->verify([$old]));
        $browser->run('$session->start(); $session->invalidate();');
        self::assertSame([[null], []], [$client->verify([$new]), $client->list()['sessions']]);
        self::assertNull($browser->token);
    }

    public function testPagesAtOnceKeepFlashesAndObjects(): void
    {
        $browser = new Pages((string) Servers::env('EMBEDDED'), 'symfony-flash', [], 'symfony');
        $browser->run('$session->set("begun", true);');
        $browser->runAll(['$session->getFlashBag()->add("notice", "hello"); usleep(50000);', '$session->set("at", new DateTimeImmutable("@0")); usleep(50000);',
            '$session->set("of", new ArrayObject([1])); usleep(50000);', '$session->set("begun", 2); usleep(50000);']);
        $page = $browser->run('return [$session->getFlashBag()->get("notice"), $session->get("at")->getTimestamp(), count($session->get("of")), $session->get("begun")];');
        self::assertSame([['hello'], 0, 1, 2], $page->result, json_encode($page));
    }

    public function testPagesAtOnceLoseNothing(): void
    {
        foreach (Servers::stores() as [$url]) {
            $browser = new Pages($url, 'symfony-cart', [], 'symfony');
            $browser->run('$session->set("begun", true);');
            $browser->runAll(array_map(static fn (int $i): string => "\$session->set('item$i', $i); usleep(20000);", range(1, 20)));
            self::assertCount(21, $browser->run('return $session->all();')->result);
        }
    }
}
