<?php

declare(strict_types=1);

namespace RestSessions\Tests;

use PHPUnit\Framework\TestCase;
use RestSessions\Client;
use RestSessions\Exception\Configuration;

/**
 * What pages do when something is wrong, on real servers.
 */
final class FaultsTest extends TestCase
{
    /** @return array<string, array{string}> */
    public function stores(): array
    {
        return Servers::stores();
    }

    public function testTheServerGoesAwayAndComesBack(): void
    {
        $folder = sys_get_temp_dir() . '/rest-sessions-php-' . bin2hex(random_bytes(6));
        $port = (int) Servers::env('PORT');
        $server = Servers::start($port, $folder);
        $browser = new Pages($server['url'], 'shop');
        $browser->run('session_start(); $_SESSION["cart"] = 1;');
        $token = $browser->token;
        Servers::stop($server['process']);
        $began = hrtime(true);
        $page = $browser->run('try { session_start(); } finally { $more = [session_status(), $_SESSION ?? null]; }');
        self::assertLessThan(3e9, hrtime(true) - $began);
        self::assertSame([500, []], [$page->status, $page->setCookies], json_encode($page));
        self::assertStringContainsString('ServerLost', $page->thrown);
        self::assertSame($token, $browser->token);
        $again = Servers::start($port, $folder);
        self::assertSame(1, $browser->run('session_start(); return $_SESSION["cart"];')->result);
        Servers::stop($again['process']);
        // A visitor without a session meets the fault at the write.
        $other = new Pages($server['url'], 'shop');
        $page = $other->run('session_start(); $_SESSION["cart"] = 1;');
        self::assertStringContainsString('ServerLost', $page->thrown);
        array_map(unlink(...), glob("$folder/*") ?: []);
        rmdir($folder);
    }

    public function testALoginThatFailsLeavesTheOldToken(): void
    {
        $folder = sys_get_temp_dir() . '/rest-sessions-php-' . bin2hex(random_bytes(6));
        $server = Servers::start(0, $folder);
        $browser = new Pages($server['url'], 'shop');
        $browser->run('session_start(); $_SESSION["cart"] = 1;');
        $token = $browser->token;
        $number = proc_get_status(self::processOf($server['process']))['pid'];
        $page = $browser->run("session_start(); session_regenerate_id(true); \$_SESSION['_user'] = 'ann'; posix_kill($number, SIGKILL); usleep(100000);");
        self::assertStringContainsString('ServerLost', $page->thrown, json_encode($page));
        self::assertSame($token, $browser->token);
        Servers::stop($server['process']);
        array_map(unlink(...), glob("$folder/*") ?: []);
        rmdir($folder);
    }

    /** @dataProvider stores */
    public function testTwentyPagesAtOnceLoseNothing(string $url): void
    {
        $browser = new Pages($url, 'php-cart');
        $browser->run('session_start(); $_SESSION["begun"] = true;');
        $pages = $browser->runAll(array_map(static fn (int $i): string => "session_start(); usleep(20000); \$_SESSION['item$i'] = $i;", range(1, 20)));
        self::assertSame([200], array_values(array_unique(array_column($pages, 'status'))), json_encode($pages));
        self::assertCount(21, $browser->run('session_start(); return $_SESSION;')->result);
    }

    /** @dataProvider stores */
    public function testEightFirstPagesAtOnceMakeASessionEach(string $url): void
    {
        $app = 'php-eight-' . getmypid();
        $pages = (new Pages($url, $app))->runAll(array_fill(0, 8, 'session_start(); $_SESSION["a"] = 1;'));
        self::assertSame([200], array_values(array_unique(array_column($pages, 'status'))));
        self::assertCount(8, (new Client($url, $app))->list()['sessions']);
    }

    /** @dataProvider stores */
    public function testWhatWasEndedMeanwhileIsToldAndNotBroughtBack(string $url): void
    {
        $client = new Client($url, 'php-ended');
        $browser = new Pages($url, 'php-ended');
        $browser->run('session_start(); $_SESSION["a"] = 1;');
        $page = $browser->run('session_start(); $client->revoke(session_id()); $_SESSION["a"] = 2;');
        self::assertSame([409, ''], [$page->status, $page->thrown]);
        self::assertStringContainsString('Failed to write session data', $page->warnings[1], json_encode($page->warnings));
        self::assertSame([null], $client->verify([(string) $browser->token]));
        self::assertNull($browser->run('session_start(); return $_SESSION["a"] ?? null;')->result);
    }

    /** @dataProvider stores */
    public function testRotatedMeanwhile(string $url): void
    {
        $client = new Client($url, 'php-rotated');
        $browser = new Pages($url, 'php-rotated');
        $browser->run('session_start(); $_SESSION["a"] = 1;');
        $token = $browser->token;
        foreach (['$_SESSION["a"] = 2;', 'session_regenerate_id(true); $_SESSION["a"] = 2;'] as $change) {
            $page = $browser->run("session_start(); \$new = \$client->rotate(session_id(), ['grace' => 0, 'subject' => 'u' . mt_rand()])['token']; $change return \$new;");
            self::assertSame(409, $page->status, json_encode($page));
            self::assertSame($token, $browser->token, 'the cookie is left to the page that has just set it');
            self::assertSame(1, $client->get($page->result)->data['a']);
            $token = $browser->token = $page->result;
        }
    }

    /** @dataProvider stores */
    public function testALoginFormThatIsSentTwice(string $url): void
    {
        $client = new Client($url, 'php-twice');
        // A server of its own: a worker that runs a page may have taken the connection of another one.
        $command = [PHP_BINARY, '-S', '127.0.0.1:0', __DIR__ . '/pages/index.php'];
        [$process, [, $second]] = Servers::process($command, ['PATH' => (string) getenv('PATH')], '~\((http://127\.0\.0\.1:\d+)\) started~');
        foreach (['session_regenerate_id(true);', 'session_regenerate_id();'] as $regenerate) {
            $browser = new Pages($url, 'php-twice');
            $browser->run('session_start(); $_SESSION["cart"] = 1;');
            $user = 'u' . bin2hex(random_bytes(6));
            $login = "session_start(); %s $regenerate \$_SESSION['_user'] = '$user'; \$_SESSION['form'] = '%s'; return %s;";
            $body = json_encode(['url' => $url, 'app' => 'php-twice', 'options' => [], 'framework' => 'native', 'code' => sprintf($login, '', 'second', 'session_id()')]);
            // The second one is answered while the first one is under way.
            $send = '$http = ["method" => "POST", "ignore_errors" => true, "header" => ["Content-Type: text/plain", "Cookie: session=" . session_id()], "content" => ' . var_export($body, true) . '];
                $second = file_get_contents(' . var_export($second, true) . ', false, stream_context_create(["http" => $http]));';
            $page = $browser->run(sprintf($login, $send, 'first', '$second'));
            // It leaves the cookie to the one that has logged in, and says that it has not.
            self::assertSame([409, '', []], [$page->status, $page->thrown, $page->setCookies], json_encode($page));
            $browser->token = json_decode($page->result, true)['result'];
            $seen = $browser->run('session_start(); return $_SESSION;');
            self::assertEquals(['cart' => 1, '_user' => $user, 'form' => 'second'], $seen->result, json_encode($page));
            self::assertCount(1, $client->list($user)['sessions']);
        }
        Servers::stop($process);
    }

    public function testTheJsonOfAnotherServerIsNoSession(): void
    {
        $file = sys_get_temp_dir() . '/rest-sessions-stranger-' . bin2hex(random_bytes(6)) . '.php';
        $said = sys_get_temp_dir() . '/rest-sessions-stranger-' . bin2hex(random_bytes(6)) . '.json';
        $code = '<?php header("Content-Type: application/json"); readfile(' . var_export($said, true) . ');';
        file_put_contents($file, $code);
        [$process, [, $url]] = Servers::process(
            [PHP_BINARY, '-S', '127.0.0.1:0', $file],
            ['PATH' => (string) getenv('PATH')],
            '~\((http://127\.0\.0\.1:\d+)\) started~',
        );
        $token = str_repeat('ab1', 16);
        $client = new Client($url, 'shop');
        $session = '{"id":"a","version":1,"data":{}}';
        $calls = [
            'get' => [fn () => $client->get($token), '{"id":"a","version":1,"data":[]}'],
            'patch' => [fn () => $client->patch($token, ['a' => 1]), '{"id":"a","data":{}}'],
            'create' => [fn () => $client->create(), "{\"token\":\"\",\"session\":$session}"],
            'rotate' => [fn () => $client->rotate($token), '{"token":"a"}'],
            'list' => [fn () => $client->list(), '{"sessions":{}}'],
            'verify' => [fn () => $client->verify([$token, $token]), "{\"results\":[{\"active\":true,\"session\":$session}]}"],
            'revoke' => [fn () => $client->revoke($token), '{"revoked":true}'],
            'revokeSubject' => [fn () => $client->revokeSubject('ann'), '{"ok":1}'],
            'history' => [fn () => $client->history('ann'), '{"history":null}'],
            'eraseHistory' => [fn () => $client->eraseHistory('ann'), '{"erased":null}'],
            'lock' => [fn () => $client->lock($token), '{"lock":"a"}'],
        ];
        foreach ($calls as $name => [$call, $nearly]) {
            foreach (['{"status":"maintenance"}', 'null', '[]', '"ok"', $nearly] as $text) {
                file_put_contents($said, $text);
                try {
                    $call();
                    self::fail("$name takes $text");
                } catch (Configuration $failure) {
                    self::assertSame(['not_rest_sessions', 200, false], [$failure->getCode(), $failure->status, $failure->retryable]);
                }
            }
        }
        file_put_contents($said, '{"status":"maintenance"}');
        $browser = new Pages($url, 'shop');
        $browser->token = $token;
        $page = $browser->run('session_start(); return $_SESSION;');
        self::assertSame([500, $token, []], [$page->status, $browser->token, $page->setCookies], json_encode($page));
        $new = new Pages($url, 'shop');
        $page = $new->run('session_start(); $_SESSION["_user"] = "ann";');
        self::assertStringContainsString('not_rest_sessions', $page->thrown);
        Servers::stop($process);
        array_map(unlink(...), [$file, $said]);
    }

    public function testATokenOfAnotherAppOpensNothing(): void
    {
        $url = (string) Servers::env('EMBEDDED');
        $browser = new Pages($url, 'php-one');
        $browser->token = $token = (new Client($url, 'php-two'))->create(['data' => ['a' => 1]])['token'];
        self::assertNull($browser->run('session_start(); return $_SESSION["a"] ?? null;')->result);
        self::assertNull($browser->token);
        $browser->token = $token;
        $browser->run('session_start(); $_SESSION["b"] = 1;');
        self::assertNotSame($token, $browser->token);
    }

    public function testAMegabyteIsAClearError(): void
    {
        $browser = new Pages((string) Servers::env('EMBEDDED'), 'php-big');
        $page = $browser->run('session_start(); $_SESSION["big"] = str_repeat("x", 1 << 20);');
        self::assertSame(500, $page->status);
        self::assertMatchesRegularExpression('/(data|body)_too_large/', $page->thrown);
    }

    public function testSessionStartThrowsAndLeavesNoSession(): void
    {
        $browser = new Pages('http://127.0.0.1:9', 'shop');
        $browser->token = str_repeat('ab1', 16);
        $page = $browser->run('try { session_start(); } catch (RestSessions\Exception\ServerLost $error) { } return [isset($error), session_status() === PHP_SESSION_NONE];');
        self::assertSame([[true, true], []], [$page->result, $page->setCookies], json_encode($page));
    }

    /** @dataProvider stores */
    public function testWhatIsNotTouchedStaysToTheLetter(string $url): void
    {
        $values = json_decode((string) file_get_contents(__DIR__ . '/../../contract/data.json'), true);
        $members = [];
        foreach ($values as $number => ['json' => $json]) {
            $members[] = "\"key$number\":$json";
        }
        // Not through the client, which would write a text of its own.
        $ask = static function (string $method, string $path, string $header, string $body) use ($url): string {
            $http = ['method' => $method, 'header' => $header, 'content' => $body];

            return (string) file_get_contents("$url/v1/apps/php-data$path", false, stream_context_create(['http' => $http]));
        };
        $made = $ask('POST', '/sessions', 'Content-Type: application/json', '{"data":{' . implode(',', $members) . '}}');
        $browser = new Pages($url, 'php-data');
        $browser->token = json_decode($made, true)['token'];
        $page = $browser->run('session_start(); $_SESSION["added"] = 1; $_SESSION["key3"] = $_SESSION["key3"]; return $_SESSION;');
        self::assertSame([200, count($values) + 1], [$page->status, count($page->result)], json_encode($page));
        $after = $ask('GET', '/session', "Session-Token: $browser->token", '');
        foreach ($members as $number => $member) {
            self::assertStringContainsString($member, $after, $values[$number]['name']);
        }
        // What becomes of them when PHP writes the key itself, with something more in it: docs/platforms/php.md has this table.
        $browser->run('session_start(); foreach ($_SESSION as $key => $value) { $_SESSION[$key] = [$value]; }');
        $after = $ask('GET', '/session', "Session-Token: $browser->token", '');
        $lost = [];
        foreach ($values as $number => ['name' => $name, 'json' => $json]) {
            if (!str_contains($after, "\"key$number\":[" . self::plain($json) . ']')) {
                $lost[] = $name;
            }
        }
        self::assertSame(
            // Of these the float is the same number, written 1.0e+21.
            ['integer beyond 2^64', 'float with an exponent', 'empty object', 'empty in a nest', 'object with numbers for names'],
            $lost,
            $after,
        );
    }

    /** Gives the text of a value without the escapes that JSON does not need. */
    private static function plain(string $json): string
    {
        $value = json_decode($json);

        return is_string($value) ? json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES) : $json;
    }

    /** @return resource */
    private static function processOf(int $number)
    {
        return (new \ReflectionProperty(Servers::class, 'processes'))->getValue()[$number];
    }
}
