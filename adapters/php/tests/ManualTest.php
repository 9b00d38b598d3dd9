<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;
use RestSessions\Client;
use RestSessions\SessionHandler;

/**
 * What the manual of PHP says of sessions holds on the server.
 */
final class ManualTest extends TestCase
{
    private static int $apps = 0;
    private Client $client;
    private string $app;

    protected function setUp(): void
    {
        $this->app = 'm' . getmypid() . '-' . ++self::$apps;
        $this->client = new Client((string) Servers::env('EMBEDDED'), $this->app);
    }

    /** @param array<string, mixed> $options */
    private function browser(array $options = []): Pages
    {
        return new Pages((string) Servers::env('EMBEDDED'), $this->app, $options);
    }

    public function testWhatIsNotJsonComesBackToPhp(): void
    {
        $code = 'session_start(); $_SESSION["at"] = new DateTimeImmutable("2026-11-28 12:00:00 UTC"); $_SESSION["bytes"] = "\xff\0";
            $_SESSION["one"] = $_SESSION["two"] = new ArrayObject([1]); $_SESSION["inf"] = INF; $_SESSION["_token"] = "abc"; $_SESSION["cart"] = ["lamp" => 1];';
        $browser = $this->browser();
        self::assertSame(200, $browser->run($code)->status);
        $data = $this->client->get((string) $browser->token)->data;
        self::assertSame(['_php', 'cart'], self::sorted(array_keys($data)));
        $check = 'session_start(); $_SESSION["cart"]["pen"] = 2;
            return [$_SESSION["at"]->format("c"), bin2hex($_SESSION["bytes"]), $_SESSION["one"] === $_SESSION["two"], $_SESSION["inf"] === INF, $_SESSION["_token"]];';
        self::assertSame(['2026-11-28T12:00:00+00:00', 'ff00', true, true, 'abc'], $browser->run($check)->result);
        $after = $this->client->get((string) $browser->token)->data;
        self::assertSame([$data['_php'], ['lamp' => 1, 'pen' => 2]], [$after['_php'], $after['cart']]);
        $browser->run('session_start(); $_SESSION = ["two" => 2];');
        self::assertSame(['two' => 2], $this->client->get((string) $browser->token)->data);
    }

    /** @dataProvider handlers */
    public function testAnySerializeHandler(string $handler): void
    {
        $ini = "ini_set('session.serialize_handler', '$handler');";
        foreach (['shared', 'opaque'] as $mode) {
            $browser = $this->browser(['mode' => $mode]);
            $browser->run("$ini session_start(); \$_SESSION = ['cart' => ['lamp' => 1], 'at' => new ArrayObject([1, 2])];");
            $page = $browser->run("$ini session_start(); \$_SESSION['more'] = true; return [\$_SESSION['cart'], count(\$_SESSION['at'])];");
            self::assertSame([['lamp' => 1], 2], $page->result, "$mode " . json_encode($page));
            $data = $this->client->get((string) $browser->token)->data;
            self::assertSame($mode === 'shared' ? ['_php', 'cart', 'more'] : ['_php'], self::sorted(array_keys($data)));
        }
    }

    /** @return list<array{string}> */
    public function handlers(): array
    {
        return [['php'], ['php_binary'], ['php_serialize']];
    }

    public function testKeysThatAHandlerCannotShowStay(): void
    {
        $browser = $this->browser();
        $browser->token = $this->client->create(['data' => ['a|b' => 1, '10' => 2, 'c' => 3]])['token'];
        $ini = "ini_set('session.serialize_handler', 'php');";
        self::assertSame(['c' => 3], $browser->run("$ini session_start(); \$all = \$_SESSION; \$_SESSION['c'] = 4; return \$all;")->result);
        self::assertEquals(['a|b' => 1, '10' => 2, 'c' => 4], $this->client->get($browser->token)->data);
    }

    public function testRegenerateWithTrueEndsTheOldTokenAndKeepsTheSession(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["cart"] = 1; $_SESSION["gone"] = 1;');
        $old = (string) $browser->token;
        $page = $browser->run('session_start(); $was = session_id(); $ok = session_regenerate_id(true); $_SESSION["_user"] = "ann"; unset($_SESSION["gone"]);
            return [$ok, $was !== session_id(), $_SESSION["cart"]];');
        self::assertSame([true, true, 1], $page->result, json_encode($page));
        self::assertCount(1, array_unique($page->setCookies));
        self::assertNotSame($old, $browser->token);
        $session = $this->client->get((string) $browser->token);
        self::assertSame(['ann', 1, false], [$session->subject, $session->data['cart'], isset($session->data['gone'])]);
        self::assertSame([null], $this->client->verify([$old]));
        self::assertSame(1, $this->client->revokeSubject('ann'));
        self::assertNull($browser->run('session_start(); return $_SESSION["cart"] ?? null;')->result);
    }

    public function testRegenerateWithFalseLetsTheOldTokenReadForAWhile(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["cart"] = 1;');
        $old = (string) $browser->token;
        $page = $browser->run('session_start(); session_regenerate_id(); $_SESSION["cart"] = 2; return $_SESSION["cart"];');
        self::assertSame(2, $page->result, json_encode($page));
        self::assertSame([2, 2], array_map(fn (string $token): int => $this->client->get($token)->data['cart'], [$old, (string) $browser->token]));
    }

    public function testRegenerateOfWhatIsNewMakesOneSession(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); session_regenerate_id(true); session_regenerate_id(false); $_SESSION["a"] = 1; session_regenerate_id(true);');
        self::assertSame(['a' => 1], $this->client->get((string) $browser->token)->data);
        self::assertCount(1, $this->client->list()['sessions']);
    }

    public function testAbortAfterRegenerateEndsTheOldSession(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["a"] = 1;');
        $old = (string) $browser->token;
        $browser->run('session_start(); session_regenerate_id(true); $_SESSION["a"] = 2; session_abort();');
        self::assertSame([null, null], $this->client->verify([$old, (string) $browser->token]));
        $browser->run('session_start(); $_SESSION["a"] = 1;');
        $old = (string) $browser->token;
        $browser->run('session_start(); session_regenerate_id(false); $_SESSION["a"] = 2; session_abort();');
        self::assertSame(1, $this->client->get($old)->data['a']);
    }

    public function testToEmptyTheSessionIsALogout(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["_user"] = "ann"; $_SESSION["a"] = 1;');
        $token = (string) $browser->token;
        $browser->run('session_start(); $_SESSION = [];');
        $session = $this->client->get($token);
        self::assertSame([null, []], [$session->subject, $session->data]);
        $browser->run('session_start(); $_SESSION["_user"] = "ann";');
        $browser->run('session_start(); $_SESSION = []; session_regenerate_id(true);');
        self::assertSame([null, null], [$browser->token, $this->client->verify([$token])[0]]);
        // Whom another stack has logged in is not logged out by a page that keeps nothing, or that takes a new token.
        $browser->token = $this->client->create(['subject' => 'bob'])['token'];
        $browser->run('session_start();');
        $browser->run('session_start(); $_SESSION["a"] = 1; session_regenerate_id(true);');
        self::assertSame('bob', $this->client->get($browser->token)->subject);
    }

    public function testAbortAndReset(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["a"] = 1;');
        self::assertSame(2, $browser->run('session_start(); $_SESSION["a"] = 2; session_abort(); return $_SESSION["a"];')->result);
        $page = $browser->run('session_start(); $_SESSION["a"] = 3; $ok = session_reset(); $is = $_SESSION["a"]; $_SESSION["b"] = 1; return [$ok, $is];');
        self::assertSame([true, 1], $page->result);
        self::assertSame(['a' => 1, 'b' => 1], $this->client->get((string) $browser->token)->data);
        $page = $browser->run('session_start(); session_write_close(); session_start(); $_SESSION["c"] = 1; session_write_close(); session_start(); return $_SESSION;');
        self::assertSame(['a' => 1, 'b' => 1, 'c' => 1], $page->result);
    }

    public function testAVisitorWithNothingToKeepGetsNoCookie(): void
    {
        foreach (['session_start();', 'session_start(); session_abort();', 'session_start(["read_and_close" => true]);'] as $code) {
            foreach (['shared', 'opaque'] as $mode) {
                $browser = $this->browser(['mode' => $mode]);
                self::assertSame([], $browser->run("$code return \$_SESSION;")->setCookies, $code);
                // Nor one that has a cookie for nothing: that one is taken away.
                $browser->token = 'of-a-session-that-has-ended-long-ago';
                self::assertCount(1, $browser->run($code)->setCookies);
                self::assertNull($browser->token, $code);
                // It may still begin a session.
                $page = $browser->run("$code session_write_close(); session_start(); \$_SESSION['a'] = 1;");
                self::assertCount(1, $page->setCookies, json_encode($page));
                self::assertSame(1, $this->client->get((string) $browser->token)->version);
                $token = $browser->token;
                self::assertSame([], $browser->run($code)->setCookies);
                self::assertSame([$token, 1], [$browser->token, $this->client->get((string) $token)->version]);
            }
        }
    }

    public function testANewSessionKeepsItsIdOverReset(): void
    {
        $page = $this->browser()->run('session_start(); $one = session_id(); session_reset(); $two = session_id(); session_write_close(); session_start();
            return [$one === $two, $one === session_id()];');
        self::assertSame([true, true], $page->result);
    }

    public function testWithoutLazyWriteAnUnchangedPageWritesNothing(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["a"] = 1.0;');
        self::assertSame(200, $browser->run('session_start(["lazy_write" => "0"]); $_SESSION["a"] = 1.0;')->status);
        self::assertSame(1, $this->client->get((string) $browser->token)->version);
    }

    public function testDestroyAndUnset(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["a"] = 1;');
        $token = (string) $browser->token;
        $browser->run('session_start(); session_unset();');
        self::assertSame([], $this->client->get($token)->data, 'a session without values goes on');
        self::assertTrue($browser->run('session_start(); return session_destroy();')->result);
        self::assertSame([null], $this->client->verify([$token]));
    }

    public function testCreateIdWithAPrefix(): void
    {
        $browser = $this->browser();
        $page = $browser->run('session_start(); $_SESSION["a"] = 1; $id = session_create_id("user-"); session_write_close(); ini_set("session.use_strict_mode", "0");
            session_id($id); session_start(); $_SESSION["b"] = 1; return [$id, $_SESSION, session_gc()];');
        self::assertMatchesRegularExpression('/^user-[0-9a-v]{22,48}$/', $page->result[0], json_encode($page));
        self::assertSame([['b' => 1], 0], [$page->result[1], $page->result[2]]);
        self::assertSame(['b' => 1], $this->client->get($page->result[0])->data);
    }

    public function testStrictModeIsOnWhateverTheConfigurationSays(): void
    {
        $code = 'session_abort(); return ini_get("session.use_strict_mode");';
        self::assertSame('1', $this->browser()->run("ini_set('session.use_strict_mode', '0'); new RestSessions\\SessionHandler(\$client); $code")->result);
    }

    public function testTheCookieOverHttps(): void
    {
        $page = $this->browser()->run('$_SERVER["HTTPS"] = "on"; RestSessions\SessionHandler::register($client); session_start(); $_SESSION["a"] = 1;
            session_write_close(); return array_values(preg_grep("/^Set-Cookie/", headers_list()));');
        self::assertCount(1, $page->result, json_encode($page));
        self::assertMatchesRegularExpression('~^Set-Cookie: __Host-session=[0-9a-v]{22,48}; path=/; secure; HttpOnly; SameSite=Lax$~', $page->result[0]);
    }

    /** Why the handler throws: after a false, the page would go on with an empty session. */
    public function testPhpGoesOnAfterAFalse(): void
    {
        $page = $this->browser()->run('session_set_save_handler(
                fn () => true, fn () => true, fn () => false, fn () => true, fn () => true, fn () => 0,
            ); return [session_start(), session_status() === PHP_SESSION_NONE, $_SESSION];');
        self::assertSame([false, true, []], $page->result, json_encode($page));
    }

    public function testEmptiedObjectsStayObjectsForOthers(): void
    {
        $browser = $this->browser();
        $browser->token = $this->client->create(['data' => ['cart' => ['lamp' => 1], 'map' => (object) ['0' => 'a'], 'list' => [1], 'both' => ['a' => 1]]])['token'];
        $browser->run('session_start(); unset($_SESSION["cart"]["lamp"]); $_SESSION["map"][1] = "b"; $_SESSION["list"] = []; $_SESSION["both"] = ["x"];');
        $tree = $this->client->get($browser->token)->tree;
        self::assertSame('{}|{"0":"a","1":"b"}|[]|["x"]', implode('|', array_map(json_encode(...), [$tree->cart, $tree->map, $tree->list, $tree->both])));
    }

    /** Names that no object of PHP can have, as another stack may make them of what a visitor says. */
    public function testNamesThatBeginWithNulHideNothingElse(): void
    {
        $token = 'of-a-stack-that-has-such-names';
        $http = ['method' => 'PUT', 'header' => ['Content-Type: application/json', "Session-Token: $token"]];
        $http['content'] = '{"data":{"user":"ann","\\u0000top":1,"tags":{"\\u0000deep":1,"b":{}}}}';
        $path = Servers::env('EMBEDDED') . "/v1/apps/$this->app/session";
        file_get_contents($path, false, stream_context_create(['http' => $http]));
        $browser = $this->browser();
        $browser->token = $token;
        $page = $browser->run('session_start(); $_SESSION["added"] = 1; return [$_SESSION["user"], array_keys($_SESSION), count($_SESSION["tags"])];');
        self::assertSame(['ann', ['user', 'tags', 'added'], 2], $page->result, json_encode($page));
        $after = file_get_contents($path, false, stream_context_create(['http' => ['header' => "Session-Token: $token"]]));
        self::assertStringContainsString('"data":{"user":"ann","\\u0000top":1,"tags":{"\\u0000deep":1,"b":{}},"added":1}', (string) $after);
        self::assertSame(1, $this->client->get($token)->data["\0top"]);
    }

    public function testPagesAtOnceKeepWhatIsOfPhpAlone(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["_old"] = 1; $_SESSION["at"] = new ArrayObject([1]); $_SESSION["cart"] = 1;');
        $pages = array_map(static fn (int $i): string => "session_start(); \$_SESSION['_own$i'] = $i; \$_SESSION['obj$i'] = new ArrayObject([$i]); usleep(30000);", range(1, 8));
        $pages[] = 'session_start(); unset($_SESSION["_old"]); usleep(30000);';
        $pages[] = 'session_start(); $_SESSION["cart"] = 2; usleep(30000);';
        self::assertSame([200], array_values(array_unique(array_column($browser->runAll($pages), 'status'))));
        $keys = $browser->run('session_start(); return array_keys($_SESSION);')->result;
        $wanted = array_merge(['at', 'cart'], ...array_map(static fn (int $i): array => ["_own$i", "obj$i"], range(1, 8)));
        self::assertSame(self::sorted($wanted), self::sorted($keys));
        $data = $this->client->get((string) $browser->token)->data;
        self::assertSame([['_php', 'cart'], 2], [self::sorted(array_keys($data)), $data['cart']]);
    }

    /**
     * @dataProvider rotations
     * @param array<string, mixed> $wanted
     */
    public function testANewTokenKeepsWhatAnotherPageWroteOfPhpAlone(string $rotation, array $wanted): void
    {
        // What another page does while this one runs.
        $meanwhile = '$other = new RestSessions\SessionHandler($client, encoding: "serialize"); $theirs = unserialize($other->read(session_id()));
            unset($theirs["_gone"]); $other->write(session_id(), serialize(["_theirs" => 1, "theirs" => 1] + $theirs));';
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["_old"] = $_SESSION["_gone"] = $_SESSION["cart"] = 1;');
        $old = $browser->token;
        $page = $browser->run("session_start(); $meanwhile $rotation");
        self::assertSame([200, []], [$page->status, $page->warnings], json_encode($page));
        self::assertNotSame($old, $browser->token);
        self::assertEquals(['_theirs' => 1, 'theirs' => 1, 'cart' => 1] + $wanted, $browser->run('session_start(); return $_SESSION;')->result);
        self::assertSame($wanted['_user'] ?? null, $this->client->get((string) $browser->token)->subject);
    }

    /** @return list<array{string, array<string, mixed>}> */
    public function rotations(): array
    {
        return [
            ['session_regenerate_id(true); $_SESSION["_user"] = "ann";', ['_old' => 1, '_user' => 'ann']],
            ['session_regenerate_id(); $_SESSION["_mine"] = 2;', ['_old' => 1, '_mine' => 2]],
            ['session_regenerate_id(true);', ['_old' => 1]],
            ['session_regenerate_id(true); unset($_SESSION["_old"]);', []],
            ['session_regenerate_id(true); unset($_SESSION["_old"], $_SESSION["_gone"]);', []],
            ['session_regenerate_id(true); unset($_SESSION["_old"], $_SESSION["_gone"]); $_SESSION["_mine"] = 2;', ['_mine' => 2]],
        ];
    }

    public function testTheFirstPagesOfOneIdKeepWhatIsOfPhpAlone(): void
    {
        $token = 'begun-by-two-pages-at-once';
        $pages = array_map(fn (): SessionHandler => new SessionHandler($this->client, encoding: 'serialize'), [1, 2]);
        foreach ($pages as $page) {
            self::assertSame('', $page->read($token));
        }
        foreach ($pages as $number => $page) {
            self::assertTrue($page->write($token, serialize(["_own$number" => 1, "shared$number" => 1])));
            self::assertTrue($page->write($token, serialize(["_own$number" => 2, "shared$number" => 1])));
        }
        $values = unserialize((new SessionHandler($this->client, encoding: 'serialize'))->read($token));
        ksort($values);
        self::assertSame(['_own0' => 2, '_own1' => 2, 'shared0' => 1, 'shared1' => 1], $values);
    }

    public function testAWriteOfPhpAloneAfterOneOfASharedKeyKeepsWhatAnotherPageWrote(): void
    {
        $token = 'shared-key-first-by-one-page';
        [$one, $two] = array_map(fn (): SessionHandler => new SessionHandler($this->client, encoding: 'serialize'), [1, 2]);
        $one->write($token, serialize(['_a' => 1]));
        $one->read($token);
        $two->read($token);
        $two->write($token, serialize(['_a' => 1, '_two' => 2]));
        $one->write($token, serialize(['_a' => 1, 'cart' => 1]));
        $one->write($token, serialize(['_a' => 1, 'cart' => 1, '_one' => 1]));
        $values = unserialize((new SessionHandler($this->client, encoding: 'serialize'))->read($token));
        self::assertEquals(['_a' => 1, '_one' => 1, '_two' => 2, 'cart' => 1], $values);
    }

    /** As Laravel does: no read between the writes. */
    public function testASecondWriteOfAPageKeepsWhatAnotherPageWrote(): void
    {
        $token = 'written-twice-by-one-page';
        [$one, $two] = array_map(fn (): SessionHandler => new SessionHandler($this->client, encoding: 'serialize'), [1, 2]);
        $one->write($token, serialize(['_a' => 1]));
        foreach ([$one, $two] as $page) {
            $page->read($token);
        }
        $two->write($token, serialize(['_a' => 1, '_two' => 2]));
        $one->write($token, serialize(['_a' => 1, '_one' => 1]));
        $one->write($token, serialize(['_a' => 1, '_one' => 3]));
        $one->write($token, serialize(['_one' => 3]));
        self::assertEquals(['_two' => 2, '_one' => 3], unserialize((new SessionHandler($this->client, encoding: 'serialize'))->read($token)));
    }

    public function testNoteOfTheDevice(): void
    {
        $browser = $this->browser();
        $browser->run('session_start(); $_SESSION["_user"] = "ann";');
        $session = $this->client->list('ann')['sessions'][0];
        self::assertSame(['ann', 'test browser'], [$session->subject, $session->userAgent]);
    }

    public function testALockLetsPagesWaitForEachOther(): void
    {
        $browser = $this->browser(['lock' => 20.0]);
        $browser->run('session_start(); $_SESSION["count"] = 0;');
        $pages = $browser->runAll(array_fill(0, 6, 'session_start(); $_SESSION["count"]++;'));
        self::assertSame([200], array_values(array_unique(array_column($pages, 'status'))), json_encode($pages));
        self::assertSame(6, $browser->run('session_start(); return $_SESSION["count"];')->result);
        // A page that changes nothing, one that is aborted and one that fails give it back.
        $browser->run('session_start(); session_abort();');
        $browser->run('session_start(); $_SESSION["big"] = str_repeat("x", 1 << 21);');
        $browser->run('session_start(); session_regenerate_id(true); $_SESSION["count"]++;');
        $last = $browser->run('session_start(["read_and_close" => true]); return $_SESSION["count"];');
        self::assertSame(7, $last->result, json_encode($last));
        $lock = $this->client->lock((string) $browser->token);
        $page = (new Pages((string) Servers::env('EMBEDDED'), $this->app, ['lock' => 0.0]));
        $page->token = $browser->token;
        self::assertStringContainsString('session_locked', $page->run('session_start();')->thrown);
        $this->client->unlock((string) $browser->token, $lock['lock']);
    }

    /**
     * @param list<int|string> $keys
     * @return list<int|string>
     */
    private static function sorted(array $keys): array
    {
        sort($keys);

        return $keys;
    }
}
